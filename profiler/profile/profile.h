// A Profile: samples added up. How often each event hit each stack on each thread, plus what all
// the outputs need to know about it. It refers to the Recording, which must outlive it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/profile/filter.h"
#include "profiler/recording/reader.h"

namespace redbee::profiler {

// Threads by (pid, tid): one thread may have several rows in the recording, by fiber or by name.
struct ProfileThread {
  uint32_t pid = 0, tid = 0;
  std::string name;  // the last one it had
};

struct StackCount {
  uint16_t event = 0;
  uint32_t thread = 0;  // index into Profile::threads
  StackId stack = 0;
  uint64_t weight = 0;
  uint64_t samples = 0;
};

struct EventTotal {
  uint64_t weight = 0;
  uint64_t samples = 0;
};

struct Profile {
  const Recording* recording = nullptr;
  std::vector<ProfileThread> threads;
  std::vector<uint32_t> thread_of_row;  // Recording::threads → threads
  std::vector<StackCount> counts;       // each (event, thread, stack) once, in order of appearance
  std::vector<EventTotal> totals;       // by event
  std::vector<uint32_t> samples;        // indices into Recording::samples, in order of time
  uint64_t first_ns = 0, last_ns = 0;   // of the samples that matched

  const Event& event(uint16_t index) const { return recording->header.events[index]; }
  uint64_t filtered_out() const { return recording->samples.size() - samples.size(); }
  // Events that have samples, most of them first.
  std::vector<uint16_t> events() const;
};

// An error when no sample matches.
Result<Profile> aggregate(const Recording& recording, const FilterOptions& filter = {});

// What one unit of the event's weight is worth in nanoseconds: 1 for times, the sampling period for
// timed samples, 0 when the event does not measure time.
double ns_per_weight(const Recording& recording, uint16_t event);

}  // namespace redbee::profiler
