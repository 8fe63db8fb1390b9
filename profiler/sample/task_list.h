// All threads of the machine, with their thread pointers and their ids in each PID namespace, read
// through a BPF iterator (Linux 5.8): no thread is stopped for it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiler/sample/bpf_object.h"
#include "profiler/unwind/task_format.h"
#include "redbee/result.h"

namespace redbee::profiler {

// Its program is loaded when it is first needed, once.
class TaskLister {
 public:
  Result<std::vector<rb_task>> list();

 private:
  Status load();

  std::optional<BpfObject> object_;
  BpfLink link_;  // goes before the object
};

// The threads of `pid` as this process's /proc numbers it; empty when there is no such process.
std::vector<rb_task> threads_of(const std::vector<rb_task>& tasks, pid_t pid);

// A pid that /proc here does not have may be one of an inner PID namespace (a container's): the
// pid in /proc's numbering, when exactly one process has that number in its own namespace.
std::optional<pid_t> find_by_inner_pid(const std::vector<rb_task>& tasks, pid_t pid);

// A process by both its numbers.
struct ProcessId {
  pid_t pid = 0;            // as /proc here numbers it
  uint32_t kernel_pid = 0;  // in the initial PID namespace
};

// `pid` as /proc here numbers it; not_found when it is gone.
Result<ProcessId> process_id_of(TaskLister& tasks, pid_t pid);

// The number by which /proc here knows a process of the kernel's; that number itself when it is gone.
pid_t pid_here(TaskLister& tasks, uint32_t kernel_pid);

}  // namespace redbee::profiler
