#include "profiler/resolve/kernel_names.h"

#include <algorithm>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {

void KernelNames::load() {
  is_loaded_ = true;
  const Result<std::string> text = read_file("/proc/kallsyms");
  if (!text) return;
  for (std::string_view line : split(*text, '\n', false)) {
    const auto cells = split(line, ' ');
    if (cells.size() < 3 || (cells[1] != "t" && cells[1] != "T" && cells[1] != "w" && cells[1] != "W")) continue;
    const auto address = parse_u64(cat("0x", cells[0]));
    if (!address || !*address) continue;
    symbols_.push_back({*address, std::string(cells[2].substr(0, cells[2].find('\t')))});
  }
  std::ranges::sort(symbols_, {}, &Symbol::address);
}

std::string KernelNames::name(uint64_t address) {
  if (!is_loaded_) load();
  const auto after = std::ranges::upper_bound(symbols_, address, {}, &Symbol::address);
  if (after == symbols_.begin()) return fmt::format("{:#x}", address);
  return std::prev(after)->name;
}

}  // namespace redbee::profiler
