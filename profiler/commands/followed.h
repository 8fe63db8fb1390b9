// The processes that a recording begins with: those named on the command line and their descendants.
//
// Each is followed first and looked at then: from there on its end, its execs and its children are told,
// so none falls between the look and the recording.
#pragma once

#include <sys/types.h>

#include <set>
#include <vector>

#include "profiler/commands/target.h"
#include "profiler/sample/stack_source.h"
#include "profiler/sample/task_list.h"

namespace redbee::profiler {

class FollowedProcesses {
 public:
  // Both outlive it.
  FollowedProcesses(StackSource& source, TaskLister& lister) : source_(source), lister_(lister) {}

  struct Ruby {
    Target target;
    uint64_t looked_ns;
  };

  // An error when it has ended. With descendants: parents first, so none that is forked meanwhile is missed.
  Status follow(pid_t pid, bool with_descendants);
  // And gives the source their facts. An error when a process that was named is no Ruby, unless it is just
  // becoming another program.
  Status look(const InspectOptions& options);

  const std::vector<Ruby>& rubies() const { return rubies_; }        // those named first
  const std::vector<ProcessId>& others() const { return others_; }   // without Ruby, so far

 private:
  Status follow_descendants(pid_t pid);
  Status describe() const;
  void keep(ProcessId process, Result<Target> target, uint64_t looked_ns);

  Result<Target> open_settled(pid_t pid, const InspectOptions& options);

  StackSource& source_;
  TaskLister& lister_;
  std::vector<ProcessId> named_, descendants_;
  std::set<pid_t> known_;
  std::vector<Ruby> rubies_;
  std::vector<ProcessId> others_;
};

}  // namespace redbee::profiler
