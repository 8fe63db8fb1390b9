// The entry that an address belongs to, in a table sorted by address.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

namespace redbee {

// The last entry that starts at or below `address`; of several that start there the first. Null when
// all start above. Entries have a member `address`.
template <typename Entry>
const Entry* find_nearest(const std::vector<Entry>& sorted, uint64_t address) {
  auto after = std::upper_bound(sorted.begin(), sorted.end(), address,
                                [](uint64_t a, const Entry& entry) { return a < entry.address; });
  if (after == sorted.begin()) return nullptr;
  return &*std::lower_bound(sorted.begin(), after, std::prev(after)->address,
                            [](const Entry& entry, uint64_t a) { return entry.address < a; });
}

}  // namespace redbee
