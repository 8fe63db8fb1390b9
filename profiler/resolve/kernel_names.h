// Names of kernel functions by address.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace redbee::profiler {

class KernelNames {
 public:
  // Reads /proc/kallsyms at the first call; "0xffff…" where it is hidden.
  std::string name(uint64_t address);

 private:
  void load();
  struct Symbol {
    uint64_t address;
    std::string name;
  };
  bool is_loaded_ = false;
  std::vector<Symbol> symbols_;
};

}  // namespace redbee::profiler
