// How frames, threads and places are called in every output.
#pragma once

#include <string>

#include "profiler/recording/reader.h"

namespace redbee::profiler {

// "Foo#bar"; the label when a Ruby did not tell the class; "[unknown]" when there is neither.
inline const std::string& method_name(const Recording& recording, const FrameRow& frame) {
  static const std::string unknown = "[unknown]";
  if (frame.method) return recording.text(frame.method);
  return frame.label ? recording.text(frame.label) : unknown;
}

// "app.rb:12", "app.rb" without a line, "" without a path.
inline std::string place_of(const Recording& recording, const FrameRow& frame) {
  const std::string& path = recording.text(frame.path);
  if (frame.line <= 0 || path.empty()) return path;
  return path + ":" + std::to_string(frame.line);
}

// "worker 1", or "thread 4001" for one without a name.
inline std::string thread_name(const Recording& recording, const ThreadRow& thread) {
  const std::string& name = recording.text(thread.name);
  return name.empty() ? "thread " + std::to_string(thread.tid) : name;
}

}  // namespace redbee::profiler
