// The separate file with what a distribution stripped from another: symbols and debug information.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/process/elf_file.h"

namespace redbee {

// The debug file that belongs to `file`: by build id when both have one, else by checksum. `inside`: the
// file's own path, in `root`, which stands before the paths of another mount namespace.
std::optional<ElfFile> find_debug_file(const ElfFile& file, const std::string& root, std::string_view inside);

}  // namespace redbee
