// Reads a recording whole into memory: tables of strings, frames, stacks and threads, and one small
// row a sample. What is damaged is left out and counted; nothing in a file can make the reader
// crash or allocate more than a small multiple of the file's own (inflated) size.
//
//   Recording recording = TRY(read_recording("rbperf.rbperf"));
//   for (const SampleRow& sample : recording.samples)
//     for (StackId s = sample.stack; s; s = recording.stacks[s].caller)   // innermost first
//       use(recording.frame(s));
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/recording/recording.h"

namespace redbee::profiler {

struct FrameRow {
  FrameKind kind = FrameKind::native;
  StringId method = 0, label = 0, base_label = 0, path = 0;
  int32_t line = 0;

  bool operator==(const FrameRow&) const = default;
};

struct StackRow {
  StackId caller = 0;  // always smaller than the row's own index, except for row 0, the empty stack
  FrameId frame = 0;
};

struct ThreadRow {
  uint32_t pid = 0, tid = 0;
  StringId name = 0;
  uint64_t fiber = 0, ractor = 0;

  bool operator==(const ThreadRow&) const = default;
};

struct SampleRow {
  uint64_t time_ns = 0, weight = 1;
  uint32_t thread = 0;  // index into Recording::threads
  StackId stack = 0;
  uint32_t cpu = 0;
  uint16_t event = 0, status = 0;
};

struct Damage {
  uint64_t blocks = 0;        // damaged or unreadable
  uint64_t bytes = 0;         // that belong to no whole block
  bool is_cut_short = false;  // the recorder did not finish: killed, disk full, or still running

  bool is_none() const { return blocks == 0 && bytes == 0 && !is_cut_short; }
  // "2 damaged blocks (812 bytes) were left out; the recording was not finished"; empty when none.
  std::string describe() const;
};

struct Recording {
  Header header;  // with every process
  std::vector<std::string> strings = {""};
  std::vector<FrameRow> frames;
  std::vector<StackRow> stacks = {StackRow()};
  std::vector<ThreadRow> threads;
  std::vector<SampleRow> samples;  // in the order written, which is nearly the order of time
  std::optional<Totals> totals;
  Damage damage;

  const std::string& text(StringId id) const { return strings[id]; }
  const FrameRow& frame(StackId stack) const { return frames[stacks[stack].frame]; }
  const std::string& base_label(const FrameRow& frame) const {
    return strings[frame.base_label ? frame.base_label : frame.label];
  }
  std::string status_name(uint16_t status) const;
};

// "-" reads standard input. The error says whether the file is missing, is no recording, or comes
// from a newer rbperf.
Result<Recording> read_recording(const std::string& path);
// `name` stands for the file in messages.
Result<Recording> parse_recording(std::string_view bytes, const std::string& name);

}  // namespace redbee::profiler
