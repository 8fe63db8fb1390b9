// One section of a 64-bit little-endian ELF file in memory, found by name. Bounds-checked: the bytes
// may come from a damaged file.
#pragma once

#include <optional>
#include <string_view>

#include "redbee/result.h"

namespace redbee {

// invalid_argument when `bytes` is no BPF object; nothing when it has no such section.
Result<std::optional<std::string_view>> find_elf_section(std::string_view bytes, std::string_view name);

}  // namespace redbee
