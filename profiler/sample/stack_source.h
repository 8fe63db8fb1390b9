// The kernel side of a recording: loads the programs, attaches the event, hands out the records.
//
//   StackSource source = TRY(StackSource::open(event, {}));
//   TRY(source.follow(process));
//   TRY(source.describe(process.kernel_pid, facts));  // a look from after it was followed
//   TRY(source.attach(library));
//   source.drain([&](const rb_sample& sample) { … });
//
// Belongs to one thread. Everything is detached when it is destroyed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "profiler/sample/bpf_object.h"
#include "profiler/sample/event_spec.h"
#include "profiler/sample/task_list.h"
#include "profiler/unwind/stack_format.h"
#include "src/base/unique_fd.h"

struct ring_buffer;

namespace redbee::profiler {

struct SourceOptions {
  bool wants_native = false;
  bool follows_forks = true;
};

struct RecordHandlers {
  std::function<void(const rb_sample&)> sample;
  std::function<void(const rb_name&)> name;
  std::function<void(const rb_c_name&)> c_name;
  std::function<void(const rb_off_cpu_end&)> off_cpu_end;
  std::function<void(const rb_lifecycle&)> lifecycle;
};

class StackSource {
 public:
  static Result<StackSource> open(EventSpec event, SourceOptions options);
  StackSource(StackSource&&) noexcept;
  StackSource& operator=(StackSource&&) noexcept;
  ~StackSource();

  // From here on a process's forks, its execs and its end are told; it has no facts yet, and its samples no
  // Ruby frames. False: it had ended before, so nothing would tell it, and it is not followed.
  Result<bool> follow(ProcessId process);
  // Whether it became another program since it was followed.
  bool has_executed(uint32_t kernel_pid) const;
  // The facts of a process that is followed, by its kernel pid; no error when it has ended meanwhile.
  Status describe(uint32_t kernel_pid, rb_process facts);
  void void_facts(uint32_t kernel_pid);
  // This thread is off the CPU since then. False when it has been seen to leave it meanwhile.
  bool mark_off_cpu(uint32_t kernel_tid, uint64_t since_ns);
  // `library`: a file of the traced process, for uprobes and USDT probes.
  Status attach(const std::string& library);
  void detach();

  // Waits up to timeout_ms for much to come together, then hands over all there is.
  void drain(int timeout_ms, const RecordHandlers& handlers);

  // By name, those that are not zero; with recursion_misses.
  std::map<std::string, uint64_t> counters() const;
  uint64_t counter(rb_counter which) const;
  // From now on the kernel times the programs (Linux 5.8): run_time() has the sums.
  Status measure_run_time();
  struct RunTime {
    uint64_t ns = 0, runs = 0;
  };
  RunTime run_time() const;

 private:
  struct State;
  explicit StackSource(std::unique_ptr<State> state);
  Status attach_timer();
  Status attach_library_event(const std::string& library);
  std::unique_ptr<State> state_;
};

}  // namespace redbee::profiler
