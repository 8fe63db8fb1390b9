// A command that rbperf starts: created, but held before its exec until everything is attached.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "redbee/result.h"
#include "src/base/unique_fd.h"

namespace redbee::profiler {

class StartedCommand {
 public:
  static Result<StartedCommand> prepare(const std::vector<std::string>& arguments);
  StartedCommand(StartedCommand&&) noexcept;
  ~StartedCommand();  // ends it when it was never let go

  pid_t pid() const { return pid_; }
  void go();
  void reap();  // takes its status when it has ended
  // At the end of a recording that was shorter than the command: SIGTERM, and wait for it.
  void stop_if_running();
  bool has_ended() const { return status_.has_value(); }
  std::string describe_end() const;  // "status 0", "signal 9"

 private:
  StartedCommand(pid_t pid, UniqueFd gate) : pid_(pid), gate_(std::move(gate)) {}
  pid_t pid_ = 0;
  UniqueFd gate_;
  std::optional<int> status_;
};

}  // namespace redbee::profiler
