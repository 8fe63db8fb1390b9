// A process named on the command line, looked at.
#pragma once

#include <sys/types.h>

#include <vector>

#include "profiler/discover/ruby_process.h"
#include "profiler/sample/task_list.h"

namespace redbee::profiler {

struct Target {
  RubyProcess ruby;
  std::vector<rb_task> threads;
};

// `pid` as /proc here numbers it, or, where /proc has no such process, as a container does.
Result<Target> open_target(pid_t pid, const InspectOptions& options);

// `pid` as /proc here numbers it. `tasks`: all of the machine, for many processes at once.
Result<Target> open_target(pid_t pid, const std::vector<rb_task>& tasks, const InspectOptions& options);

// The first half of open_target(pid, options).
struct FoundTarget {
  pid_t pid;  // in /proc here
  RubyBinary binary;
};
Result<FoundTarget> find_target(TaskLister& lister, pid_t pid);

// As /proc here numbers them.
std::vector<pid_t> children_of(pid_t pid);

}  // namespace redbee::profiler
