// What `rbperf record` says while it runs, all on standard error: remarks, and on a terminal one line that
// counts along.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "profiler/commands/record_options.h"
#include "profiler/sample/recording_session.h"

namespace redbee::profiler {

class RecordScreen {
 public:
  explicit RecordScreen(const RecordOptions& options);

  void say(std::string_view line);
  // For scripts that wait for it, and for who asked to be told.
  void say_attached();
  void say_remarks(RecordingSession& session);
  void show_progress(const RecordingSession& session, uint64_t elapsed_ns);
  void say_end(const RecordingSession& session, const std::string& command_end, uint64_t kernel_ns);

 private:
  void clear_progress();

  const RecordOptions& options_;
  bool is_terminal_;
  bool has_colour_;
  bool is_progress_shown_ = false;
  uint64_t shown_at_ns_ = 0;
};

// "12.5 s  11988 samples  3 threads  0 lost  0 truncated"; what went wrong stands out in colour.
std::string progress_line(uint64_t elapsed_ns, const RecordingProgress& progress, bool has_colour);

}  // namespace redbee::profiler
