// The native part of a sample: from where the process was, outwards to Ruby's interpreter. It is what
// goes on inside the innermost Ruby frame: a C function's own callees, or the interpreter's.
//
// The kernel copies the top of the machine stack; it is unwound here by the files' unwind tables.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "profiler/recording/recording.h"
#include "profiler/resolve/unwind_table.h"
#include "redbee/symbols.h"

namespace redbee::profiler {

class NativeStack {
 public:
  // Of the process with that pid in /proc here; its files are read when they are first met.
  static Result<NativeStack> open(pid_t pid);

  // Addresses of code, innermost first. `interpreter`: any address in the function that runs Ruby's
  // instructions; the walk ends there. 0: not known, and only the innermost address is sure to be
  // inside of the Ruby frame. What cannot be unwound ends the walk as well.
  std::vector<uint64_t> walk(uint64_t ip, uint64_t sp, uint64_t bp, std::span<const uint64_t> stack,
                             uint64_t interpreter);
  // Without the frames that `function` was called by, where it is among the addresses: how the
  // interpreter calls a C function is the same everywhere.
  void cut_callers(uint64_t function, std::vector<uint64_t>* addresses);
  // "inflate_fast", demangled; "libfoo.so.1+0x1234", the function's start, where it has no name.
  Frame frame(uint64_t address);

 private:
  struct Place {
    const redbee::Mapping* mapping = nullptr;
    UnwindTable* table = nullptr;  // null: no file, or none that can be unwound
    uint64_t address = 0;          // in the file
  };
  NativeStack(pid_t pid, ProcessSymbols symbols, std::vector<redbee::Mapping> mappings)
      : pid_(pid), symbols_(std::move(symbols)), mappings_(std::move(mappings)) {}
  Place find(uint64_t address);
  const redbee::Mapping* find_mapping(uint64_t address);
  std::optional<uint64_t> function_at(uint64_t address);

  pid_t pid_;
  ProcessSymbols symbols_;
  std::vector<redbee::Mapping> mappings_;
  std::map<std::pair<std::string, uint64_t>, std::optional<UnwindTable>> tables_;  // by path and inode
};

}  // namespace redbee::profiler
