#include "profiler/profile/profile.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "profiler/recording/intern_table.h"
#include "src/base/text.h"

namespace redbee::profiler {

namespace {

void number_threads(Profile& profile) {
  InternTable<uint64_t, MixHash> ids;
  for (const ThreadRow& row : profile.recording->threads) {
    Interned thread = ids.intern((static_cast<uint64_t>(row.pid) << 32) | row.tid);
    if (thread.is_new) profile.threads.push_back({row.pid, row.tid, {}});
    const std::string& name = profile.recording->text(row.name);
    if (!name.empty()) profile.threads[thread.id].name = name;
    profile.thread_of_row.push_back(thread.id);
  }
}

// A recording's samples come CPU by CPU, each in order: nearly sorted.
void sort_by_time(Profile& profile) {
  const std::vector<SampleRow>& rows = profile.recording->samples;
  auto is_earlier = [&](uint32_t a, uint32_t b) { return rows[a].time_ns < rows[b].time_ns; };
  if (!std::is_sorted(profile.samples.begin(), profile.samples.end(), is_earlier)) {
    std::stable_sort(profile.samples.begin(), profile.samples.end(), is_earlier);
  }
  profile.first_ns = rows[profile.samples.front()].time_ns;
  profile.last_ns = rows[profile.samples.back()].time_ns;
}

struct CountKey {
  uint64_t thread_and_stack;
  uint16_t event;
  bool operator==(const CountKey&) const = default;
};

struct CountKeyHash {
  size_t operator()(const CountKey& key) const {
    return mix_hash(key.thread_and_stack ^ (static_cast<uint64_t>(key.event) << 56));
  }
};

void add_up(Profile& profile) {
  std::unordered_map<CountKey, uint32_t, CountKeyHash> index;
  for (uint32_t i : profile.samples) {
    const SampleRow& sample = profile.recording->samples[i];
    uint32_t thread = profile.thread_of_row[sample.thread];
    CountKey key{(static_cast<uint64_t>(thread) << 32) | sample.stack, sample.event};
    auto [at, is_new] = index.try_emplace(key, static_cast<uint32_t>(profile.counts.size()));
    if (is_new) profile.counts.push_back({sample.event, thread, sample.stack, 0, 0});
    profile.counts[at->second].weight += sample.weight;
    profile.counts[at->second].samples++;
    profile.totals[sample.event].weight += sample.weight;
    profile.totals[sample.event].samples++;
  }
}

}  // namespace

std::vector<uint16_t> Profile::events() const {
  std::vector<uint16_t> events;
  for (uint16_t i = 0; i < totals.size(); i++) {
    if (totals[i].samples) events.push_back(i);
  }
  std::stable_sort(events.begin(), events.end(),
                   [&](uint16_t a, uint16_t b) { return totals[a].samples > totals[b].samples; });
  return events;
}

Result<Profile> aggregate(const Recording& recording, const FilterOptions& options) {
  if (recording.samples.empty()) {
    return fail(Errc::not_found,
                "the recording has no samples: nothing ran while it was made; "
                "record longer, or wall time instead of CPU time");
  }
  SampleFilter filter = TRY(SampleFilter::create(recording, options));
  Profile profile;
  profile.recording = &recording;
  profile.totals.resize(recording.header.events.size());
  size_t end = std::min<size_t>(recording.samples.size(), options.end_sample);
  for (uint32_t i = options.first_sample; i < end; i++) {
    if (filter.matches(recording.samples[i])) profile.samples.push_back(i);
  }
  if (profile.samples.empty()) {
    return fail(Errc::not_found,
                cat("none of the ", recording.samples.size(), " samples matches all the filters"));
  }
  number_threads(profile);
  sort_by_time(profile);
  add_up(profile);
  return profile;
}

double ns_per_weight(const Recording& recording, uint16_t event) {
  Unit unit = recording.header.events[event].unit;
  if (unit == Unit::nanoseconds) return 1;
  bool is_timed = unit == Unit::samples && recording.header.frequency_hz > 0;
  return is_timed ? 1e9 / recording.header.frequency_hz : 0;
}

}  // namespace redbee::profiler
