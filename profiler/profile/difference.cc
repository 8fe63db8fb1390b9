#include "profiler/profile/difference.h"

#include <algorithm>
#include <cmath>

#include "profiler/profile/merge.h"

namespace redbee::profiler {

namespace {

double points(uint64_t before, uint64_t whole_before, uint64_t after, uint64_t whole_after) {
  auto share = [](uint64_t part, uint64_t whole) {
    return whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
  };
  return share(after, whole_after) - share(before, whole_before);
}

}  // namespace

Result<Difference> compare(Recording before, Recording after, FilterOptions filter) {
  auto boundary = static_cast<uint32_t>(before.samples.size());
  Difference difference;
  std::vector<Recording> recordings;
  recordings.push_back(std::move(before));
  recordings.push_back(std::move(after));
  difference.recording = std::make_unique<Recording>(merge_recordings(std::move(recordings)));
  auto with_context = [](const char* which) {
    return [which](Error error) { return std::move(error).with_context(which); };
  };
  difference.both = TRY(aggregate(*difference.recording, filter));
  filter.end_sample = boundary;
  auto first = aggregate(*difference.recording, filter).map_error(with_context("first recording"));
  if (!first) return fail(std::move(first).error());
  filter.first_sample = boundary;
  filter.end_sample = UINT32_MAX;
  auto second =
      aggregate(*difference.recording, filter).map_error(with_context("second recording"));
  if (!second) return fail(std::move(second).error());
  difference.before = std::move(*first);
  difference.after = std::move(*second);
  return difference;
}

uint16_t Difference::event() const {
  for (uint16_t event : both.events()) {
    if (before.totals[event].samples && after.totals[event].samples) return event;
  }
  return both.events().front();
}

std::vector<DifferenceRow> Difference::rows(uint16_t event, Detail detail) const {
  FrameGroups groups(*recording, detail);
  std::vector<DifferenceRow> rows(groups.size());
  for (const SummaryRow& row : summarize(before, event, detail)) {
    DifferenceRow& to = rows[groups.group_of_frame(row.frame)];
    to.frame = row.frame;
    to.self_before = row.self;
    to.total_before = row.total;
  }
  for (const SummaryRow& row : summarize(after, event, detail)) {
    DifferenceRow& to = rows[groups.group_of_frame(row.frame)];
    to.frame = row.frame;
    to.self_after = row.self;
    to.total_after = row.total;
  }
  std::erase_if(rows,
                [](const DifferenceRow& row) { return row.total_before + row.total_after == 0; });
  std::stable_sort(rows.begin(), rows.end(), [&](const DifferenceRow& a, const DifferenceRow& b) {
    double self_a = std::abs(self_change(event, a)), self_b = std::abs(self_change(event, b));
    if (self_a != self_b) return self_a > self_b;
    return std::abs(total_change(event, a)) > std::abs(total_change(event, b));
  });
  return rows;
}

double Difference::self_change(uint16_t event, const DifferenceRow& row) const {
  return points(row.self_before, before.totals[event].weight, row.self_after,
                after.totals[event].weight);
}

double Difference::total_change(uint16_t event, const DifferenceRow& row) const {
  return points(row.total_before, before.totals[event].weight, row.total_after,
                after.totals[event].weight);
}

}  // namespace redbee::profiler
