#include "redbee/map.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstring>

#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/base/unique_fd.h"
#include "src/kernel/cpus.h"
#include "src/load/map_info.h"

namespace redbee {
namespace {

// Entries asked for in one batch system call. The kernel wants room for a whole hash bucket; it says
// ENOSPC when a bucket has more, and the batch grows.
constexpr uint32_t kBatch = 4096;
constexpr int kNotSupportedByKernel = 524;   // ENOTSUPP, not in errno.h

size_t round_up_8(size_t n) { return (n + 7) & ~size_t{7}; }

bool is_without_batches(int error) {
  return error == EINVAL || error == EOPNOTSUPP || error == kNotSupportedByKernel;
}

Status check_size(const Map& map, const char* what, size_t have, size_t want) {
  if (have == want) return {};
  return fail(Errc::invalid_argument, cat("map ", map.name(), ": a ", what, " has ", want, " bytes, not ", have));
}

tl::unexpected<Error> map_error(const Map& map, const char* verb, int error) {
  return os_error(cat(verb, " in map ", map.name()), error);
}

// The kernel says E2BIG for all of these.
tl::unexpected<Error> no_room(const Map& map, Bytes key) {
  uint32_t entries = map.info().max_entries;
  uint32_t index = 0;
  if (map.is_array() && key.size() == sizeof index) memcpy(&index, key.data(), sizeof index);
  std::string what = index >= entries && map.is_array()
                         ? cat("map ", map.name(), ": no index ", index, ", it has 0 to ", entries - 1)
                         : cat("map ", map.name(), " is full (", entries, " entries)");
  return fail(Error{Errc::os, std::move(what), E2BIG, {}});
}

bool holds_maps(uint32_t type) { return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS; }

// What an errno means where values are descriptors.
std::string descriptor_hint(uint32_t type, int error) {
  if (holds_maps(type) && error == EINVAL) return ": the map put in must be declared like the inner map";
  if (holds_maps(type) && error == EBADF) return ": the value must be a map's descriptor";
  if (type == BPF_MAP_TYPE_PROG_ARRAY && error == EBADF) return ": the value must be a program's descriptor";
  return "";
}

bool is_queue(uint32_t type) { return type == BPF_MAP_TYPE_QUEUE || type == BPF_MAP_TYPE_STACK; }

}  // namespace

Result<size_t> possible_cpus() { return possible_cpu_count(); }

Result<MapInfo> read_map_info(int fd) {
  bpf_map_info kernel{};
  uint32_t size = sizeof kernel;
  if (bpf_obj_get_info_by_fd(fd, &kernel, &size) < 0) return os_error("read map info");
  return MapInfo{.name = kernel.name,
                 .type = kernel.type,
                 .id = kernel.id,
                 .key_size = kernel.key_size,
                 .value_size = kernel.value_size,
                 .max_entries = kernel.max_entries,
                 .flags = kernel.map_flags};
}

bool Map::is_per_cpu() const {
  switch (info_->type) {
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
      return true;
    default:
      return false;
  }
}

bool Map::is_array() const {
  switch (info_->type) {
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_PROG_ARRAY:
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
    case BPF_MAP_TYPE_CGROUP_ARRAY:
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_CPUMAP:
    case BPF_MAP_TYPE_XSKMAP:
      return true;
    default:
      return false;
  }
}

size_t Map::value_bytes() const {
  if (!is_per_cpu()) return info_->value_size;
  static const size_t cpus = possible_cpu_count().value_or(1);
  return round_up_8(info_->value_size) * cpus;
}

Result<bool> Map::lookup(Bytes key, std::span<std::byte> value) const {
  TRY(check_size(*this, "key", key.size(), key_size()));
  TRY(check_size(*this, "value", value.size(), value_bytes()));
  if (bpf_map_lookup_elem(fd_, key.data(), value.data()) == 0) return true;
  int error = errno;
  if (error == ENOENT) return false;
  return map_error(*this, "look up", error);
}

Result<bool> Map::lookup_and_delete(Bytes key, std::span<std::byte> value) const {
  if (is_queue(info_->type)) return pop(value);
  TRY(check_size(*this, "key", key.size(), key_size()));
  TRY(check_size(*this, "value", value.size(), value_bytes()));
  if (bpf_map_lookup_and_delete_elem(fd_, key.data(), value.data()) == 0) return true;
  int error = errno;
  if (error == ENOENT) return false;
  if (!is_without_batches(error)) return map_error(*this, "take", error);
  if (!TRY(lookup(key, value))) return false;
  return erase(key);
}

Result<bool> Map::update(Bytes key, Bytes value, UpdateMode mode) const {
  TRY(check_size(*this, "key", key.size(), key_size()));
  TRY(check_size(*this, "value", value.size(), value_bytes()));
  if (bpf_map_update_elem(fd_, key.data(), value.data(), static_cast<uint64_t>(mode)) == 0) return true;
  int error = errno;
  if ((error == EEXIST && mode == UpdateMode::only_new) || (error == ENOENT && mode == UpdateMode::only_existing)) {
    return false;
  }
  if (error == E2BIG) return no_room(*this, key);
  return os_error(cat("update in map ", name(), descriptor_hint(info_->type, error)), error);
}

Result<bool> Map::erase(Bytes key) const {
  TRY(check_size(*this, "key", key.size(), key_size()));
  bool holds_values = info_->type == BPF_MAP_TYPE_ARRAY || info_->type == BPF_MAP_TYPE_PERCPU_ARRAY;
  if (holds_values) return update(key, std::vector<std::byte>(value_bytes()));
  if (bpf_map_delete_elem(fd_, key.data()) == 0) return true;
  int error = errno;
  if (error == ENOENT) return false;
  if (error == E2BIG) return no_room(*this, key);
  return map_error(*this, "delete", error);
}

Result<bool> Map::next_key(Bytes key, std::span<std::byte> next) const {
  if (!key.empty()) TRY(check_size(*this, "key", key.size(), key_size()));
  TRY(check_size(*this, "key", next.size(), key_size()));
  if (bpf_map_get_next_key(fd_, key.empty() ? nullptr : key.data(), next.data()) == 0) return true;
  int error = errno;
  if (error == ENOENT) return false;
  return map_error(*this, "iterate", error);
}

// -- many entries -------------------------------------------------------------------------------------

Result<Entries> Map::read_batches(bool erase) const {
  Entries all(key_size(), value_bytes());
  // The kernel's position in the map: 4 bytes for hashes, a key for others.
  std::vector<std::byte> position(std::max<size_t>(key_size(), 8)), next_position(position.size());
  uint32_t batch = std::min(std::max(info_->max_entries, 1u), kBatch);
  bool is_first = true;
  while (true) {
    all.keys_.resize((all.count_ + batch) * key_size());
    all.values_.resize((all.count_ + batch) * value_bytes());
    uint32_t count = batch;
    LIBBPF_OPTS(bpf_map_batch_opts, options);
    auto read = erase ? bpf_map_lookup_and_delete_batch : bpf_map_lookup_batch;
    int result = read(fd_, is_first ? nullptr : position.data(), next_position.data(),
                      all.keys_.data() + all.count_ * key_size(), all.values_.data() + all.count_ * value_bytes(),
                      &count, &options);
    int error = result == 0 ? 0 : errno;
    if (error == ENOSPC && batch < (1u << 24)) {
      batch *= 2;
      continue;
    }
    if (error && error != ENOENT) return map_error(*this, "read a batch", error);
    all.count_ += count;
    if (error == ENOENT) break;
    position.swap(next_position);
    is_first = false;
  }
  all.keys_.resize(all.count_ * key_size());
  all.values_.resize(all.count_ * value_bytes());
  return all;
}

Result<Entries> Map::read_one_by_one() const {
  Entries all(key_size(), value_bytes());
  std::vector<std::byte> key(key_size()), next(key_size()), value(value_bytes());
  bool more = TRY(next_key({}, next));
  while (more) {
    key.swap(next);
    // A key deleted since it was seen is skipped.
    if (TRY(lookup(key, value))) {
      all.keys_.insert(all.keys_.end(), key.begin(), key.end());
      all.values_.insert(all.values_.end(), value.begin(), value.end());
      all.count_++;
    }
    // Iterating a hash whose current key was deleted starts again; the bound ends that.
    if (all.count_ > 2 * size_t{info_->max_entries} + 64) break;
    more = TRY(next_key(key, next));
  }
  return all;
}

Result<Entries> Map::entries() const {
  auto batches = read_batches(false);
  if (batches || !is_without_batches(batches.error().sys_errno)) return batches;
  return read_one_by_one();
}

Result<Entries> Map::take_entries() const {
  if (is_array()) return fail(Errc::invalid_argument, cat("map ", name(), ": entries of an array cannot be removed"));
  auto batches = read_batches(true);
  if (batches || !is_without_batches(batches.error().sys_errno)) return batches;
  Entries all = TRY(read_one_by_one());
  TRY(erase_all(all.keys_));
  return all;
}

Status Map::update_all(const Entries& entries, UpdateMode mode) const {
  TRY(check_size(*this, "key", entries.key_bytes_, key_size()));
  TRY(check_size(*this, "value", entries.value_bytes_, value_bytes()));
  if (entries.empty()) return {};
  uint32_t count = static_cast<uint32_t>(entries.size());
  LIBBPF_OPTS(bpf_map_batch_opts, options, .elem_flags = static_cast<uint64_t>(mode));
  if (bpf_map_update_batch(fd_, entries.keys_.data(), entries.values_.data(), &count, &options) == 0) return {};
  int error = errno;
  if (!is_without_batches(error)) return map_error(*this, "update a batch", error);
  for (size_t i = 0; i < entries.size(); i++) TRY(update(entries.key(i), entries.value(i), mode));
  return {};
}

Status Map::erase_all(std::span<const std::byte> keys) const {
  if (keys.size() % key_size()) return check_size(*this, "key", keys.size() % key_size(), key_size());
  size_t total = keys.size() / key_size(), done = 0;
  while (done < total) {
    uint32_t count = static_cast<uint32_t>(total - done);
    LIBBPF_OPTS(bpf_map_batch_opts, options);
    if (bpf_map_delete_batch(fd_, keys.data() + done * key_size(), &count, &options) == 0) return {};
    int error = errno;
    if (is_without_batches(error)) break;
    if (error != ENOENT) return map_error(*this, "delete a batch", error);
    done += count + 1;   // past the key that was already gone
  }
  for (; done < total; done++) TRY(erase(keys.subspan(done * key_size(), key_size())));
  return {};
}

Status Map::clear() const {
  if (is_queue(info_->type)) {
    std::vector<std::byte> value(value_bytes());
    while (TRY(pop(value))) {
    }
    return {};
  }
  bool holds_values = info_->type == BPF_MAP_TYPE_ARRAY || info_->type == BPF_MAP_TYPE_PERCPU_ARRAY;
  if (!is_array()) {
    TRY(take_entries());
    return {};
  }
  std::vector<std::byte> zero(value_bytes());
  for (uint32_t i = 0; i < info_->max_entries; i++) {
    auto key = std::as_bytes(std::span(&i, 1));
    if (holds_values) {
      TRY(update(key, zero));
    } else {
      TRY(erase(key));
    }
  }
  return {};
}

Result<size_t> Map::count() const {
  if (is_array()) return size_t{info_->max_entries};
  return TRY(entries()).size();
}

// -- queue and stack ----------------------------------------------------------------------------------

Status Map::push(Bytes value) const {
  TRY(check_size(*this, "value", value.size(), value_bytes()));
  if (bpf_map_update_elem(fd_, nullptr, value.data(), BPF_ANY) == 0) return {};
  int error = errno;
  if (error == E2BIG) return no_room(*this, {});
  return map_error(*this, "push", error);
}

Result<bool> Map::pop(std::span<std::byte> value) const {
  TRY(check_size(*this, "value", value.size(), value_bytes()));
  if (bpf_map_lookup_and_delete_elem(fd_, nullptr, value.data()) == 0) return true;
  int error = errno;
  if (error == ENOENT) return false;
  return map_error(*this, "pop", error);
}

Result<bool> Map::peek(std::span<std::byte> value) const {
  TRY(check_size(*this, "value", value.size(), value_bytes()));
  if (bpf_map_lookup_elem(fd_, nullptr, value.data()) == 0) return true;
  int error = errno;
  if (error == ENOENT) return false;
  return map_error(*this, "peek", error);
}

Status Map::pin(const std::string& path) const {
  if (bpf_obj_pin(fd_, path.c_str()) < 0) return os_error(cat("pin map ", name(), " to ", path, " (a bpffs?)"));
  return {};
}

// -- maps from elsewhere --------------------------------------------------------------------------------

struct PinnedMap::State {
  UniqueFd fd;
  MapInfo info;
  TypeTable types;
};

PinnedMap::PinnedMap(std::unique_ptr<State> state) : state_(std::move(state)) {}
PinnedMap::PinnedMap(PinnedMap&&) noexcept = default;
PinnedMap& PinnedMap::operator=(PinnedMap&&) noexcept = default;
PinnedMap::~PinnedMap() = default;

Result<PinnedMap> PinnedMap::open(const std::string& path) {
  UniqueFd fd(bpf_obj_get(path.c_str()));
  if (!fd.is_open()) return os_error(cat("open pinned map ", path));
  auto info = read_map_info(fd.get());
  if (!info) return fail(Errc::invalid_argument, cat(path, " is pinned but no map"));
  return PinnedMap(std::make_unique<State>(State{std::move(fd), std::move(*info), {}}));
}

Result<PinnedMap> PinnedMap::open_id(uint32_t id) {
  UniqueFd fd(bpf_map_get_fd_by_id(id));
  if (!fd.is_open()) return os_error(cat("open map with id ", id));
  MapInfo info = TRY(read_map_info(fd.get()));
  return PinnedMap(std::make_unique<State>(State{std::move(fd), std::move(info), {}}));
}

Map PinnedMap::map() const { return Map(state_->fd.get(), &state_->info, &state_->types); }

void PinnedMap::set_types(TypeTable types, int key, int leaf) {
  state_->types = std::move(types);
  state_->info.facts.key = key;
  state_->info.facts.leaf = leaf;
}

}  // namespace redbee
