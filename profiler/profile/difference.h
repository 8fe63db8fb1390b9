// Two recordings compared, method by method, in shares of their own totals: the recordings need
// not be equally long.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "profiler/profile/profile.h"
#include "profiler/profile/summary.h"

namespace redbee::profiler {

struct DifferenceRow {
  FrameId frame = 0;  // one of the group
  uint64_t self_before = 0, self_after = 0;
  uint64_t total_before = 0, total_after = 0;
};

// Owns the merged recording that its profiles refer to.
struct Difference {
  std::unique_ptr<Recording> recording;
  Profile before, after, both;

  // The event that both have and that has most samples.
  uint16_t event() const;
  // By how much the self share changed, then the total share; largest first.
  std::vector<DifferenceRow> rows(uint16_t event, Detail detail) const;
  // In percentage points.
  double self_change(uint16_t event, const DifferenceRow& row) const;
  double total_change(uint16_t event, const DifferenceRow& row) const;
};

Result<Difference> compare(Recording before, Recording after, FilterOptions filter);

}  // namespace redbee::profiler
