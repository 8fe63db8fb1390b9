// Self and total by method, by line and by thread: what the tables show.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/profile/profile.h"

namespace redbee::profiler {

// How finely frames are told apart.
enum class Detail { method, line };

// Frames that count as the same. For a method: its kind, name and file, except that a C function
// has no file of its own. For a line: the place as well.
class FrameGroups {
 public:
  FrameGroups(const Recording& recording, Detail detail);

  uint32_t group_of_frame(FrameId frame) const { return groups_[frame]; }
  uint32_t group_of_stack(StackId stack) const { return groups_[recording_->stacks[stack].frame]; }
  // One frame of the group; its line is that of the first seen.
  const FrameRow& frame(uint32_t group) const { return recording_->frames[first_frames_[group]]; }
  size_t size() const { return first_frames_.size(); }

 private:
  const Recording* recording_;
  std::vector<uint32_t> groups_;
  std::vector<FrameId> first_frames_;
};

struct SummaryRow {
  FrameId frame = 0;   // one of the group
  uint64_t self = 0;   // weight of samples where it was innermost
  uint64_t total = 0;  // weight of samples where it was anywhere, counted once each
};

// By self, then total, falling. Samples without a stack are in no row.
std::vector<SummaryRow> summarize(const Profile& profile, uint16_t event, Detail detail);

struct ThreadSummaryRow {
  uint32_t thread = 0;  // index into Profile::threads
  uint64_t weight = 0;
  uint64_t samples = 0;
};
std::vector<ThreadSummaryRow> summarize_threads(const Profile& profile, uint16_t event);

}  // namespace redbee::profiler
