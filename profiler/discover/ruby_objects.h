// Strings, arrays and tables of a Ruby, read from its memory. Nothing here trusts what it reads:
// lengths are bounded, types are checked, and the answer is nothing when something is off.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiler/discover/layout.h"
#include "profiler/discover/memory.h"

namespace redbee::profiler {

enum class ObjectType : int {
  klass = 2,
  module = 3,
  string = 5,
  array = 7,
  imemo = 0x1a,
  iclass = 0x1c,
};
inline constexpr uint64_t kTypeMask = 0x1f;
inline constexpr size_t kMaxStringBytes = 4096;

// Names of an internal object's kind (imemo_type).
enum class ImemoType : int { cref = 1, svar = 2, method_entry = 6, iseq = 7 };

struct ArrayElements {
  uint64_t address = 0;
  uint64_t count = 0;
};

class RubyObjects {
 public:
  RubyObjects(const Memory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  // Not an immediate (nil, a number, a symbol).
  static bool is_heap_object(uint64_t value) { return value > 0x20 && (value & 7) == 0; }
  std::optional<uint64_t> flags(uint64_t object) const;
  bool is_type(uint64_t object, ObjectType type) const;
  bool is_imemo(uint64_t object, ImemoType type) const;
  // Cut at 4096 bytes.
  std::optional<std::string> string(uint64_t object) const;
  std::optional<ArrayElements> array(uint64_t object) const;
  // The value of key in an st_table (the hash table behind instance variables up to Ruby 3.1).
  struct TableEntry {
    uint64_t key = 0, value = 0;
  };
  std::vector<TableEntry> table_entries(uint64_t table, size_t limit) const;

 private:
  const Memory& memory_;
  const Layout& layout_;
};

}  // namespace redbee::profiler
