// Which samples of a recording count.
//
//   SampleFilter filter = TRY(SampleFilter::create(recording, {.threads = {"worker"}}));
//   for (const SampleRow& sample : recording.samples) if (filter.matches(sample)) …
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiler/recording/reader.h"

namespace redbee::profiler {

// Every list that is not empty must be met; within a list, one match is enough.
struct FilterOptions {
  std::vector<std::string> threads{};  // a name, a part of a name, or a tid
  std::vector<uint32_t> pids{};
  std::vector<std::string> events{};   // whole names
  std::vector<std::string> methods{};  // somewhere on the stack: a part of the name, or /regex/
  std::vector<std::string> without{};  // nowhere on the stack, written likewise
  std::optional<uint64_t> from_ns{};   // since the recording's start, inclusive
  std::optional<uint64_t> to_ns{};     // exclusive
  uint32_t first_sample = 0;           // a part of a merged recording: indices of its samples
  uint32_t end_sample = UINT32_MAX;
};

class SampleFilter {
 public:
  // An error when an option can match nothing in this recording; it says what there is.
  static Result<SampleFilter> create(const Recording& recording, const FilterOptions& options);

  bool matches(const SampleRow& sample) const {
    return sample.time_ns >= from_ns_ && sample.time_ns < to_ns_ && has_thread_[sample.thread] &&
           has_event_[sample.event] && has_stack_[sample.stack];
  }

 private:
  std::vector<bool> has_thread_, has_event_, has_stack_;
  uint64_t from_ns_ = 0, to_ns_ = UINT64_MAX;
};

}  // namespace redbee::profiler
