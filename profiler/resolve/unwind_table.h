// How to go from a function of an ELF file to its caller, without frame pointers: the file's .eh_frame,
// which every distribution keeps for C++ exceptions and for debuggers.
//
// Rules of one shape are read, the shape that compilers make: the frame's end (CFA) lies at a distance
// from the stack or the base pointer, the return address right below it. Others (signal trampolines,
// PLT entries) have no rule here, and the walk ends at them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "redbee/result.h"

namespace redbee::profiler {

struct UnwindRule {
  bool is_from_base_pointer = false;      // the CFA: from the stack pointer, or from the base pointer
  int64_t cfa_offset = 0;
  std::optional<int64_t> saved_base;      // where the caller's base pointer is, from the CFA; nothing: unchanged
};

class UnwindTable {
 public:
  // By addresses of the file (virtual addresses of its segments).
  static Result<UnwindTable> open(const std::string& path);
  UnwindTable(UnwindTable&&) noexcept;
  UnwindTable& operator=(UnwindTable&&) noexcept;
  ~UnwindTable();

  std::optional<UnwindRule> rule_at(uint64_t address);
  // The start of the function that the address is in: a name for functions without one.
  std::optional<uint64_t> function_at(uint64_t address) const;
  std::optional<uint64_t> address_of_offset(uint64_t file_offset) const;

 private:
  struct State;
  explicit UnwindTable(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace redbee::profiler
