#include "profiler/profile/merge.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "profiler/recording/intern_table.h"
#include "src/base/text.h"

namespace redbee::profiler {

namespace {

template <typename T>
uint16_t index_of(std::vector<T>& all, const T& wanted) {
  auto at = std::find(all.begin(), all.end(), wanted);
  if (at == all.end()) at = all.insert(all.end(), wanted);
  return static_cast<uint16_t>(at - all.begin());
}

bool have_equal_rates(const std::vector<Recording>& recordings) {
  return std::all_of(recordings.begin(), recordings.end(), [&](const Recording& recording) {
    return recording.header.frequency_hz == recordings[0].header.frequency_hz;
  });
}

class Merger {
 public:
  Merger(const Header& base, bool keeps_rate) : keeps_rate_(keeps_rate) {
    merged_.header = base;
    merged_.header.processes.clear();
    merged_.header.events.clear();
    merged_.header.statuses = {"ok"};
    if (!keeps_rate) merged_.header.frequency_hz = 0;
    merged_.totals = Totals();
  }

  void add(const Recording& recording) {
    map_tables(recording);
    map_stacks(recording);
    map_events(recording);
    add_samples(recording);
    add_header(recording);
    add_totals(recording);
  }

  Recording take() { return std::move(merged_); }

 private:
  void map_tables(const Recording& recording) {
    strings_.clear();
    for (const std::string& text : recording.strings) strings_.push_back(intern(text));
    frames_.clear();
    for (FrameRow row : recording.frames) {
      for (StringId* id : {&row.method, &row.label, &row.base_label, &row.path})
        *id = strings_[*id];
      auto key = std::tuple(row.kind, row.method, row.label, row.base_label, row.path, row.line);
      auto [at, is_new] = frame_ids_.try_emplace(key, static_cast<FrameId>(merged_.frames.size()));
      if (is_new) merged_.frames.push_back(row);
      frames_.push_back(at->second);
    }
    threads_.clear();
    for (ThreadRow row : recording.threads) {
      row.name = strings_[row.name];
      auto key = std::tuple(row.pid, row.tid, row.name, row.fiber, row.ractor);
      auto [at, is_new] =
          thread_ids_.try_emplace(key, static_cast<uint32_t>(merged_.threads.size()));
      if (is_new) merged_.threads.push_back(row);
      threads_.push_back(at->second);
    }
  }

  StringId intern(const std::string& text) {
    if (text.empty()) return 0;
    Interned interned = string_ids_.intern(std::string_view(text));
    if (interned.is_new) merged_.strings.push_back(text);
    return interned.id;
  }

  void map_stacks(const Recording& recording) {
    stacks_ = {0};
    for (size_t i = 1; i < recording.stacks.size(); i++) {
      StackRow row{stacks_[recording.stacks[i].caller], frames_[recording.stacks[i].frame]};
      Interned interned = stack_ids_.intern(stack_key(row.caller, row.frame));
      if (interned.is_new) merged_.stacks.push_back(row);
      stacks_.push_back(interned.id);
    }
  }

  void map_events(const Recording& recording) {
    events_.clear();
    weight_factors_.clear();
    for (Event event : recording.header.events) {
      bool becomes_time =
          !keeps_rate_ && event.unit == Unit::samples && recording.header.frequency_hz > 0;
      if (becomes_time) event.unit = Unit::nanoseconds;
      weight_factors_.push_back(becomes_time ? 1e9 / recording.header.frequency_hz : 1);
      events_.push_back(index_of(merged_.header.events, event));
    }
  }

  void add_samples(const Recording& recording) {
    // Modulo 2^64, a recording of another boot or machine lands at the right distance.
    uint64_t shift = merged_.header.start_ns - recording.header.start_ns +
                     recording.header.start_unix_ns - merged_.header.start_unix_ns;
    for (SampleRow row : recording.samples) {
      row.time_ns += shift;
      double factor = weight_factors_[row.event];
      if (factor != 1) row.weight = static_cast<uint64_t>(static_cast<double>(row.weight) * factor);
      row.status = index_of(merged_.header.statuses, recording.status_name(row.status));
      row.event = events_[row.event];
      row.thread = threads_[row.thread];
      row.stack = stacks_[row.stack];
      merged_.samples.push_back(row);
    }
  }

  void add_header(const Recording& recording) {
    for (const Process& process : recording.header.processes) {
      index_of(merged_.header.processes, process);
    }
    merged_.damage.blocks += recording.damage.blocks;
    merged_.damage.bytes += recording.damage.bytes;
    merged_.damage.is_cut_short |= recording.damage.is_cut_short;
  }

  void add_totals(const Recording& recording) {
    Totals& sum = *merged_.totals;
    Totals totals = recording.totals.value_or(Totals{.delivered = recording.samples.size()});
    sum.delivered += totals.delivered;
    sum.lost += totals.lost;
    sum.skipped += totals.skipped;
    for (const auto& [cause, count] : totals.by_cause) sum.by_cause[cause] += count;
    // What a damaged input has lost stays visible in the merged file, which is itself whole.
    if (recording.damage.is_cut_short) sum.by_cause["inputs_cut_short"]++;
    if (recording.damage.blocks) sum.by_cause["damaged_blocks"] += recording.damage.blocks;
  }

  bool keeps_rate_;
  Recording merged_;
  TextTable string_ids_{1};
  std::map<std::tuple<FrameKind, StringId, StringId, StringId, StringId, int32_t>, FrameId>
      frame_ids_;
  std::map<std::tuple<uint32_t, uint32_t, StringId, uint64_t, uint64_t>, uint32_t> thread_ids_;
  InternTable<uint64_t, MixHash> stack_ids_{1};
  // The recording being added: its ids → merged ids.
  std::vector<StringId> strings_;
  std::vector<FrameId> frames_;
  std::vector<StackId> stacks_;
  std::vector<uint32_t> threads_;
  std::vector<uint16_t> events_;
  std::vector<double> weight_factors_;
};

}  // namespace

Recording merge_recordings(std::vector<Recording> recordings) {
  if (recordings.size() == 1) return std::move(recordings[0]);
  auto first = std::min_element(
      recordings.begin(), recordings.end(),
      [](const auto& a, const auto& b) { return a.header.start_unix_ns < b.header.start_unix_ns; });
  Merger merger(first->header, have_equal_rates(recordings));
  for (Recording& recording : recordings) {
    merger.add(recording);
    recording = {};  // frees it before the next one grows the merged tables
  }
  return merger.take();
}

Result<std::optional<std::string>> write_recording(const std::string& path,
                                                   const Recording& recording) {
  RecordingWriter writer = TRY(RecordingWriter::create(path, recording.header));
  std::vector<FrameId> frame_ids;
  for (const FrameRow& row : recording.frames) {
    frame_ids.push_back(
        writer.intern_frame({row.kind, recording.text(row.method), recording.text(row.label),
                             recording.text(row.base_label), recording.text(row.path), row.line}));
  }
  std::vector<FrameId> frames;
  for (const SampleRow& row : recording.samples) {
    frames.clear();
    for (StackId s = row.stack; s; s = recording.stacks[s].caller) {
      frames.push_back(frame_ids[recording.stacks[s].frame]);
    }
    const ThreadRow& thread = recording.threads[row.thread];
    TRY(writer.add({.time_ns = row.time_ns,
                    .pid = thread.pid,
                    .tid = thread.tid,
                    .cpu = row.cpu,
                    .event = row.event,
                    .thread_name = writer.intern_string(recording.text(thread.name)),
                    .weight = row.weight,
                    .status = row.status,
                    .fiber = thread.fiber,
                    .ractor = thread.ractor,
                    .frames = frames}));
  }
  TRY(writer.finish(recording.totals.value_or(Totals{.delivered = recording.samples.size()})));
  return writer.rotated_to();
}

}  // namespace redbee::profiler
