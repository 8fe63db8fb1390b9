// What /proc says of a process or thread at this moment.
#pragma once

#include <sys/types.h>

#include "profiler/unwind/task_format.h"

namespace redbee::profiler {

// Whether every thread of `pid` is gone or on its way out: a zombie, or no such process. While it is false,
// the process's end is still to come, and a program attached before will see it.
bool has_ended(pid_t pid);

bool is_asleep(pid_t pid, const rb_task& thread);

}  // namespace redbee::profiler
