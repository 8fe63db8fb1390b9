// The same walk as in the kernel, run by this process over another's memory: for `rbperf snapshot`,
// for checks at attach time and for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "profiler/discover/memory.h"
#include "profiler/unwind/stack_format.h"

namespace redbee::profiler {

uint64_t find_execution_context(const Memory& memory, const rb_process& process,
                                uint64_t thread_pointer);

// sample.status, thread, fiber and the Ruby frames; names as the first sight gives them.
struct HostStack {
  std::unique_ptr<rb_slot> slot;
  std::vector<rb_name> names;
};
HostStack walk_stack(const Memory& memory, const rb_process& process, uint64_t thread_pointer);

}  // namespace redbee::profiler
