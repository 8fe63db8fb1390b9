#include "profiler/discover/ruby_objects.h"

#include <algorithm>

namespace redbee::profiler {
namespace {

constexpr uint64_t kUser1 = 1 << 13;  // a string that is not embedded; an array that is

}  // namespace

std::optional<uint64_t> RubyObjects::flags(uint64_t object) const {
  if (!is_heap_object(object)) return std::nullopt;
  return memory_.word(object);
}

bool RubyObjects::is_type(uint64_t object, ObjectType type) const {
  const std::optional<uint64_t> bits = flags(object);
  return bits && (*bits & kTypeMask) == static_cast<uint64_t>(type);
}

bool RubyObjects::is_imemo(uint64_t object, ImemoType type) const {
  const std::optional<uint64_t> bits = flags(object);
  return bits && (*bits & kTypeMask) == static_cast<uint64_t>(ObjectType::imemo) &&
         (*bits >> 12 & 0xf) == static_cast<uint64_t>(type);
}

std::optional<std::string> RubyObjects::string(uint64_t object) const {
  struct {
    uint64_t flags, klass, length, pointer;
  } head;
  if (!is_heap_object(object) || !memory_.read(object, &head, sizeof head)) return std::nullopt;
  if ((head.flags & kTypeMask) != static_cast<uint64_t>(ObjectType::string)) return std::nullopt;
  uint64_t length = head.length, bytes = head.pointer;
  if (!(head.flags & kUser1)) {
    bytes = object + layout_[LayoutField::string_embedded];
    if (layout_[LayoutField::string_embedded] == 16) length = head.flags >> 14 & 0x1f;
  }
  length = std::min<uint64_t>(length, kMaxStringBytes);
  std::string text(length, '\0');
  if (length && !memory_.read(bytes, text.data(), length)) return std::nullopt;
  return text;
}

std::optional<ArrayElements> RubyObjects::array(uint64_t object) const {
  struct {
    uint64_t flags, klass, length, capacity, pointer;
  } head;
  if (!is_heap_object(object) || !memory_.read(object, &head, sizeof head)) return std::nullopt;
  if ((head.flags & kTypeMask) != static_cast<uint64_t>(ObjectType::array)) return std::nullopt;
  if (head.flags & kUser1)
    return ArrayElements{object + 16,
                         head.flags >> 15 & static_cast<uint64_t>(
                                                layout_[LayoutField::array_embedded_length_mask])};
  return ArrayElements{head.pointer, head.length};
}

// struct st_table: {entry_power, …; type; num_entries; bins; entries_start; entries_bound; entries},
// entries of {hash, key, record}; unchanged since Ruby 2.4.
std::vector<RubyObjects::TableEntry> RubyObjects::table_entries(uint64_t table,
                                                                size_t limit) const {
  struct {
    uint64_t head, type, count, bins, start, bound, entries;
  } st;
  std::vector<TableEntry> found;
  if (!table || !memory_.read(table, &st, sizeof st)) return found;
  if (st.bound < st.start || st.bound - st.start > limit) return found;
  for (uint64_t i = st.start; i < st.bound; ++i) {
    uint64_t entry[3];
    if (!memory_.read(st.entries + 24 * i, entry, sizeof entry)) break;
    if (entry[0] != ~0ULL) found.push_back({entry[1], entry[2]});  // ~0: deleted
  }
  return found;
}

}  // namespace redbee::profiler
