// Steps of kprobe attachment that its tests and attach_kprobe_best share.
#pragma once

#include <string>

#include "redbee/link.h"
#include "redbee/symbols.h"

namespace redbee {

// Attaches an already loaded program.
Result<Link> attach_kprobe_program(int program_fd, const KprobeOptions& options);
// "no such function in this kernel; there are: blk_account_io_done.part.0, …", or that it takes no probe.
std::string no_such_function(const KernelSymbols& symbols, std::string_view name);
// Removes the tracefs events of processes that were killed; returns how many. Such an event is switched
// off: its probe belonged to a perf event, which the kernel closed.
size_t sweep_dead_kprobe_events();

}  // namespace redbee
