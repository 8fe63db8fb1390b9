// What makes a sample: the timer, the scheduler, a tracepoint, a uprobe, a USDT probe, system calls.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"

namespace redbee::profiler {

enum class EventKind { cpu, wall, tracepoint, uprobe, usdt, syscalls };

struct EventSpec {
  EventKind kind = EventKind::cpu;
  double frequency_hz = 99;     // cpu, wall
  std::string first, second;    // category:event, library:function, provider:name
  std::vector<int> syscalls;    // numbers
  uint32_t one_in = 1;          // of events that are not timed

  std::string name() const;     // "cpu", "tracepoint:sched:sched_switch", "syscall"
  bool is_timed() const { return kind == EventKind::cpu || kind == EventKind::wall; }
};

// "A:B"; invalid_argument tells what was expected.
Result<EventSpec> parse_pair(EventKind kind, std::string_view text);

}  // namespace redbee::profiler
