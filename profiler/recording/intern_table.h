// Values numbered in the order in which they first come: 0, 1, 2, … The same value, the same id.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "profiler/recording/recording.h"

namespace redbee::profiler {

// 64 bits in, 64 well mixed bits out (the finaliser of MurmurHash3).
inline uint64_t mix_hash(uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

struct MixHash {
  size_t operator()(uint64_t value) const { return mix_hash(value); }
};

struct Interned {
  uint32_t id;
  bool is_new;
};

template <typename Key, typename Hash>
class InternTable {
 public:
  explicit InternTable(uint32_t first_id = 0) : first_id_(first_id) {}

  template <typename Lookup>
  Interned intern(const Lookup& value) {
    auto found = ids_.find(value);
    if (found != ids_.end()) return {found->second, false};
    auto id = static_cast<uint32_t>(first_id_ + ids_.size());
    ids_.emplace(Key(value), id);
    return {id, true};
  }
  uint32_t next_id() const { return static_cast<uint32_t>(first_id_ + ids_.size()); }

 private:
  uint32_t first_id_;
  std::unordered_map<Key, uint32_t, Hash, std::equal_to<>> ids_;
};

using TextTable = InternTable<std::string, TextHash>;

// A node of the tree of stacks: one frame and its caller's node. Node 0 is the empty stack.
inline uint64_t stack_key(StackId caller, FrameId frame) {
  return (static_cast<uint64_t>(caller) << 32) | frame;
}

}  // namespace redbee::profiler
