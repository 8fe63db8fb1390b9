// Memory of another process, read without stopping it: what is read may change while it is read.
//
//   ProcessMemory memory(pid);
//   std::optional<uint64_t> word = memory.word(address);
//
// An interface with two implementations: the live process, and pages saved in a file for tests.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/unique_fd.h"

namespace redbee::profiler {

class Memory {
 public:
  virtual ~Memory() = default;
  // Everything or nothing.
  virtual bool read(uint64_t address, void* to, size_t size) const = 0;

  template <typename T>
  std::optional<T> get(uint64_t address) const {
    T value;
    if (!read(address, &value, sizeof value)) return std::nullopt;
    return value;
  }
  std::optional<uint64_t> word(uint64_t address) const { return get<uint64_t>(address); }
  // 0 also stands for "not readable": for chains of pointers that end at a null.
  uint64_t pointer(uint64_t address) const { return word(address).value_or(0); }
  std::string text(uint64_t address, size_t size) const;
};

class ProcessMemory : public Memory {
 public:
  explicit ProcessMemory(pid_t pid) : pid_(pid) {}
  bool read(uint64_t address, void* to, size_t size) const override;

 private:
  bool read_protected(uint64_t address, void* to, size_t size) const;

  pid_t pid_;
  mutable UniqueFd file_;  // /proc/PID/mem, once it was needed
};

}  // namespace redbee::profiler
