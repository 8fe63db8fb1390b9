// The table of names behind Ruby's IDs, ruby_global_symbols. Distributions strip its symbol, so it is
// found by its shape among the writable data of libruby, and believed when it names a known ID.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "profiler/discover/elf_image.h"
#include "profiler/discover/ruby_objects.h"

namespace redbee::profiler {

class GlobalSymbols {
 public:
  // `address`: of ruby_global_symbols in the process; 0: no names are known.
  GlobalSymbols(const Memory& memory, const Layout& layout, uint64_t address)
      : memory_(memory), layout_(layout), address_(address) {}

  std::optional<std::string> name(uint64_t id) const;

 private:
  const Memory& memory_;
  const Layout& layout_;
  uint64_t address_;
};

// 0 when nothing of that shape names the ID of `rb_intern("initialize")` and its like.
uint64_t scan_for_global_symbols(const Memory& memory, const Layout& layout, const ElfImage& image,
                                 uint64_t bias);

}  // namespace redbee::profiler
