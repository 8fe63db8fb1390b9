// ELF notes of USDT probes (SystemTap's sdt format, note type 3), parsed and normalised.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/function_ref.h"
#include "redbee/usdt.h"

namespace redbee {

struct UsdtNote {
  uint64_t address = 0;            // as linked
  uint64_t base = 0;               // of .stapsdt.base when it was linked; prelink moves it
  uint64_t semaphore = 0;
  std::string_view provider, name, arguments;
};

// Notes cut short are passed by.
std::vector<UsdtNote> parse_usdt_notes(std::string_view section);

using FindSymbol = FunctionRef<std::optional<uint64_t>(std::string_view)>;
// "-4@%edi 8@counter+8(%rip)" → {"-4@%edi", "8@4096(%ip)"}: symbols become displacements from the
// probe's address. An argument whose symbol is unknown is marked as one that reads as 0, and logged.
std::vector<std::string> normalise_usdt_arguments(std::string_view arguments, uint64_t address, FindSymbol find);

}  // namespace redbee
