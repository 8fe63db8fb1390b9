// The memory that was read of a real Ruby process, saved as text: a fixture for the walker and for
// naming, usable without that Ruby.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "profiler/discover/layout.h"
#include "profiler/discover/memory.h"
#include "profiler/unwind/stack_format.h"
#include "redbee/result.h"

namespace redbee::profiler {

// Answers only for bytes that were saved.
class SavedMemory : public Memory {
 public:
  bool read(uint64_t address, void* to, size_t size) const override;
  void add(uint64_t address, std::string bytes);
  void change(uint64_t address, uint64_t word);  // for what-if tests
  const std::map<uint64_t, std::string>& ranges() const { return ranges_; }

 private:
  std::map<uint64_t, std::string> ranges_;  // by start; they do not overlap
};

// Passes reads on and keeps what they gave.
class RecordingMemory : public Memory {
 public:
  explicit RecordingMemory(const Memory& memory) : memory_(memory) {}
  bool read(uint64_t address, void* to, size_t size) const override;
  const SavedMemory& saved() const { return saved_; }

 private:
  const Memory& memory_;
  mutable SavedMemory saved_;
};

struct ExpectedFrame {
  std::string base_label, path;
  int line = 0;
};

struct SavedProcess {
  RubyVersion version;
  std::vector<std::pair<std::string, int64_t>> offsets;
  rb_process facts = {};
  uint64_t global_symbols = 0, thread_pointer = 0, ec = 0;
  std::vector<ExpectedFrame> expected;
  SavedMemory memory;

  Layout layout() const;
  std::string text() const;
  static Result<SavedProcess> load(const std::string& path);
};

}  // namespace redbee::profiler
