// /tmp/perf-PID.map: names of code that a just-in-time compiler made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/symbols.h"

namespace redbee {

class PerfMap {
 public:
  // Reads the process's file again when it has grown; no file is an empty map.
  void refresh(int pid);
  void parse(std::string_view text);
  std::optional<Symbol> find(uint64_t address) const;

 private:
  struct Entry {
    uint64_t start, size;
    std::string name;
  };
  std::vector<Entry> entries_;   // by start
  uint64_t file_bytes_ = 0;
};

}  // namespace redbee
