// The command line of `rbperf record`, as values.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "profiler/discover/ruby_process.h"
#include "profiler/sample/event_spec.h"
#include "redbee/result.h"

namespace redbee::profiler {

struct RecordOptions {
  std::vector<pid_t> pids;
  std::vector<std::string> command;  // empty: none is started
  EventSpec event;
  std::optional<std::chrono::nanoseconds> duration;
  std::string output = "rbperf.rbperf";
  InspectOptions inspect;
  bool wants_native = false;
  bool follows_forks = true;
  bool is_quiet = false;
  bool is_verbose = false;
  std::string command_line;  // of rbperf, for the header
};

// "500ms", "10s", "5m", "1h"; a bare number is seconds.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// Nothing when the run ends here (help, a list, an error): `status` is the exit status.
std::optional<RecordOptions> parse_record_options(int argc, char** argv, int* status);

}  // namespace redbee::profiler
