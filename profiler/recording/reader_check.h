// What must hold for every recording that the reader returns, whatever the bytes: used by the
// fuzzer and by the test that damages files at random.
#pragma once

#include <cstdlib>
#include <string_view>

#include "profiler/recording/data_block.h"
#include "profiler/recording/reader.h"

namespace redbee::profiler {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline void check_recording(const Recording& recording) {
  require(!recording.header.events.empty());
  require(recording.strings[0].empty());
  for (const FrameRow& frame : recording.frames) {
    require(static_cast<int>(frame.kind) < kFrameKinds);
    for (StringId id : {frame.method, frame.label, frame.base_label, frame.path}) {
      require(id < recording.strings.size());
    }
  }
  for (StackId i = 1; i < recording.stacks.size(); i++) {
    require(recording.stacks[i].caller < i);
    require(recording.stacks[i].frame < recording.frames.size());
  }
  for (const ThreadRow& thread : recording.threads) require(thread.name < recording.strings.size());
  for (const SampleRow& sample : recording.samples) {
    require(sample.thread < recording.threads.size());
    require(sample.stack < recording.stacks.size());
    require(sample.event < recording.header.events.size());
    (void)recording.status_name(sample.status);
  }
}

// True when the bytes could be read at all.
inline bool check_reading(std::string_view bytes) {
  Result<Recording> recording = parse_recording(bytes, "input");
  if (!recording) return false;
  check_recording(*recording);
  return true;
}

}  // namespace redbee::profiler
