// perf_event_open, and a BPF program on its descriptor: what kprobes, uprobes, tracepoints and
// sampling have in common.
#pragma once

#include <linux/perf_event.h>

#include <cstdint>
#include <string>

#include "redbee/result.h"
#include "src/attach/link_state.h"
#include "src/base/unique_fd.h"

namespace redbee {

// 0 on success with the descriptor in `fd`, else errno.
int open_perf_event(perf_event_attr attributes, int pid, int cpu, int group_fd, UniqueFd& fd);

// A BPF link (Linux 5.15), else an ioctl; then the event is switched on. errno of the refusal.
int attach_to_perf_event(UniqueFd event, int program_fd, uint64_t cookie, Attachment& attachment);

// The dynamic PMUs "kprobe" and "uprobe" (Linux 4.17). Absent: CONFIG_KPROBE_EVENTS is off.
struct ProbePmu {
  uint32_t type = 0;
  uint64_t return_bit = 0;   // in perf_event_attr::config
};
Result<ProbePmu> read_probe_pmu(const std::string& name);

// What perf_event_open's refusal means to a user, beside the errno.
std::string perf_event_hint(int error);

}  // namespace redbee
