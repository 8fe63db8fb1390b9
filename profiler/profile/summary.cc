#include "profiler/profile/summary.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "profiler/profile/names.h"

namespace redbee::profiler {

namespace {

bool has_own_file(FrameKind kind) {
  return kind == FrameKind::ruby || kind == FrameKind::native;
}

}  // namespace

FrameGroups::FrameGroups(const Recording& recording, Detail detail) : recording_(&recording) {
  std::map<std::tuple<FrameKind, StringId, StringId, int32_t>, uint32_t> ids;
  for (FrameId i = 0; i < recording.frames.size(); i++) {
    const FrameRow& frame = recording.frames[i];
    bool by_line = detail == Detail::line;
    auto key =
        std::tuple(frame.kind, frame.method ? frame.method : frame.label,
                   by_line || has_own_file(frame.kind) ? frame.path : 0, by_line ? frame.line : 0);
    auto [at, is_new] = ids.try_emplace(key, static_cast<uint32_t>(first_frames_.size()));
    if (is_new) first_frames_.push_back(i);
    groups_.push_back(at->second);
  }
}

std::vector<SummaryRow> summarize(const Profile& profile, uint16_t event, Detail detail) {
  const Recording& recording = *profile.recording;
  FrameGroups groups(recording, detail);
  std::vector<SummaryRow> rows(groups.size());
  // A method that is on a stack several times (recursion) counts once for it: seen_in[group] is
  // the last count that had it.
  std::vector<size_t> seen_in(groups.size(), SIZE_MAX);
  for (size_t i = 0; i < profile.counts.size(); i++) {
    const StackCount& count = profile.counts[i];
    if (count.event != event || count.stack == 0) continue;
    rows[groups.group_of_stack(count.stack)].self += count.weight;
    for (StackId s = count.stack; s; s = recording.stacks[s].caller) {
      uint32_t group = groups.group_of_stack(s);
      if (seen_in[group] == i) continue;
      seen_in[group] = i;
      rows[group].total += count.weight;
      rows[group].frame = recording.stacks[s].frame;
    }
  }
  std::erase_if(rows, [](const SummaryRow& row) { return row.total == 0; });
  std::stable_sort(rows.begin(), rows.end(), [](const SummaryRow& a, const SummaryRow& b) {
    return std::tie(a.self, a.total) > std::tie(b.self, b.total);
  });
  return rows;
}

std::vector<ThreadSummaryRow> summarize_threads(const Profile& profile, uint16_t event) {
  std::vector<ThreadSummaryRow> rows(profile.threads.size());
  for (uint32_t i = 0; i < rows.size(); i++) rows[i].thread = i;
  for (const StackCount& count : profile.counts) {
    if (count.event != event) continue;
    rows[count.thread].weight += count.weight;
    rows[count.thread].samples += count.samples;
  }
  std::erase_if(rows, [](const ThreadSummaryRow& row) { return row.samples == 0; });
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.weight > b.weight; });
  return rows;
}

}  // namespace redbee::profiler
