// Map: a BPF map of a live Object, seen as bytes. A Map is a small copyable view, valid while its
// Object (or PinnedMap) lives. Types of its bytes: facts() and types(), see value.h.
//
//   Map counts = TRY(object.map("counts"));
//   Entries all = TRY(counts.entries());                     // one batch system call per ~4096
//   for (size_t i = 0; i < all.size(); i++) use(decode(counts.types(), counts.facts().leaf, all.value(i)));
//   TRY(counts.clear());
//
// Keys and values are spans of exactly key_size() and value_bytes() bytes; other lengths are
// invalid_argument. Per-CPU values are `possible CPUs` slots, each value_size rounded up to 8.
// Maps of maps are written with a map's descriptor (its shape that of the inner map) and read as its id;
// program arrays likewise. A key that is not there is an answer (false), not an error. One thread at a time, like the Object.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/image.h"
#include "redbee/result.h"
#include "redbee/value.h"

namespace redbee {

// Keys and values of many entries, in two flat arrays.
class Entries {
 public:
  Entries(size_t key_bytes, size_t value_bytes) : key_bytes_(key_bytes), value_bytes_(value_bytes) {}
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Bytes key(size_t i) const { return {keys_.data() + i * key_bytes_, key_bytes_}; }
  Bytes value(size_t i) const { return {values_.data() + i * value_bytes_, value_bytes_}; }

 private:
  friend class Map;
  size_t key_bytes_, value_bytes_, count_ = 0;
  std::vector<std::byte> keys_, values_;
};

enum class UpdateMode : uint64_t { any = 0, only_new = 1, only_existing = 2 };   // BPF_ANY, NOEXIST, EXIST

struct MapInfo {
  std::string name = {};
  uint32_t type = 0;             // BPF_MAP_TYPE_*
  uint32_t id = 0;
  uint32_t key_size = 0;         // bytes
  uint32_t value_size = 0;       // bytes, of one CPU's value
  uint32_t max_entries = 0;
  uint32_t flags = 0;
  MapFacts facts = {};                // key and leaf are -1 when nobody recorded them
};

class Map {
 public:
  const std::string& name() const { return info_->name; }
  const MapInfo& info() const { return *info_; }
  const MapFacts& facts() const { return info_->facts; }
  const TypeTable& types() const { return *types_; }
  int fd() const { return fd_; }

  size_t key_size() const { return info_->key_size; }
  size_t value_size() const { return info_->value_size; }
  bool is_per_cpu() const;
  bool is_array() const;         // keys are 0 … max_entries-1 and cannot be deleted
  // Bytes of one value as read and written here: value_size, or all CPUs' slots.
  size_t value_bytes() const;

  // False when there is no such key.
  Result<bool> lookup(Bytes key, std::span<std::byte> value) const;
  // Hash: Linux 5.14; queue and stack: pop. Falls back to lookup then delete where the kernel
  // cannot do both at once (an update in between is then lost).
  Result<bool> lookup_and_delete(Bytes key, std::span<std::byte> value) const;
  // False only when `mode` forbids it (the key exists, or does not).
  Result<bool> update(Bytes key, Bytes value, UpdateMode mode = UpdateMode::any) const;
  // False when there is no such key. In an array: writes zeroes, as BCC does.
  Result<bool> erase(Bytes key) const;
  // The key after `key`; an empty span asks for the first. False at the end.
  Result<bool> next_key(Bytes key, std::span<std::byte> next) const;

  // Every entry. Batch system calls (Linux 5.6) where the map has them, else key by key. A map that
  // changes meanwhile may show an entry twice or not at all, as the kernel's iteration does.
  Result<Entries> entries() const;
  // Every entry, and removes exactly those returned (batch: Linux 5.6). Not for arrays.
  Result<Entries> take_entries() const;
  Status update_all(const Entries& entries, UpdateMode mode = UpdateMode::any) const;
  Status erase_all(std::span<const std::byte> keys) const;   // keys laid end to end
  // Deletes everything; zeroes an array.
  Status clear() const;
  Result<size_t> count() const;

  // Queue and stack. pop and peek: false when empty.
  Status push(Bytes value) const;
  Result<bool> pop(std::span<std::byte> value) const;
  Result<bool> peek(std::span<std::byte> value) const;

  // `path` on a bpffs; the map then outlives the process.
  Status pin(const std::string& path) const;

 private:
  friend class Object;
  friend class PinnedMap;
  Map(int fd, const MapInfo* info, const TypeTable* types) : fd_(fd), info_(info), types_(types) {}
  Result<Entries> read_batches(bool erase) const;
  Result<Entries> read_one_by_one() const;

  int fd_;
  const MapInfo* info_;
  const TypeTable* types_;
};

// A map opened by its path on a bpffs, or adopted by descriptor; owns the descriptor.
//   PinnedMap pinned = TRY(PinnedMap::open("/sys/fs/bpf/counts"));   pinned.map().entries();
class PinnedMap {
 public:
  static Result<PinnedMap> open(const std::string& path);
  static Result<PinnedMap> open_id(uint32_t id);
  PinnedMap(PinnedMap&&) noexcept;
  PinnedMap& operator=(PinnedMap&&) noexcept;
  ~PinnedMap();
  Map map() const;
  // Records what key and leaf are, for a caller who knows.
  void set_types(TypeTable types, int key, int leaf);

 private:
  struct State;
  explicit PinnedMap(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Possible CPUs of this machine: the number of slots of a per-CPU value.
Result<size_t> possible_cpus();
// Numbers of the CPUs that run now.
Result<std::vector<int>> online_cpus();

}  // namespace redbee
