#include "profiler/commands/followed.h"

#include <unistd.h>

#include "profiler/sample/task_state.h"
#include "src/base/clock.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

constexpr uint64_t kPatience = 500'000'000;

}  // namespace

Status FollowedProcesses::follow(pid_t pid, bool with_descendants) {
  const ProcessId process = TRY(process_id_of(lister_, pid));
  if (!TRY(source_.follow(process))) return fail(Errc::not_found, cat("process ", pid, " has ended"));
  if (known_.insert(pid).second) named_.push_back(process);
  if (with_descendants) TRY(follow_descendants(pid));
  return {};
}

// A zombie stays in its parent's list until the parent asks for it, which may be never.
Status FollowedProcesses::follow_descendants(pid_t pid) {
  for (pid_t child : children_of(pid)) {
    const Result<ProcessId> process = process_id_of(lister_, child);
    if (!process && process.error().code == Errc::not_found) continue;
    if (!TRY(source_.follow(TRY(Result(process))))) continue;
    if (!known_.insert(child).second) continue;
    descendants_.push_back(*process);
    TRY(follow_descendants(child));
  }
  return {};
}

void FollowedProcesses::keep(ProcessId process, Result<Target> target, uint64_t looked_ns) {
  if (target) rubies_.push_back({std::move(*target), looked_ns});
  else others_.push_back(process);
}

// An interpreter that was started or executed just now looks for some milliseconds as if it were not supported.
Result<Target> FollowedProcesses::open_settled(pid_t pid, const InspectOptions& options) {
  const uint64_t end = monotonic_ns() + kPatience;
  for (;;) {
    Result<Target> target = open_target(pid, TRY(lister_.list()), options);
    if (target || target.error().code == Errc::not_permitted || monotonic_ns() > end || has_ended(pid)) return target;
    usleep(20'000);
  }
}

Status FollowedProcesses::look(const InspectOptions& options) {
  const uint64_t now = monotonic_ns();
  for (const ProcessId& process : named_) {
    Result<Target> target = open_settled(process.pid, options);
    if (!target && !source_.has_executed(process.kernel_pid)) return fail(target.error());
    keep(process, std::move(target), now);
  }
  if (descendants_.empty()) return describe();
  const std::vector<rb_task> tasks = TRY(lister_.list());
  for (const ProcessId& process : descendants_) keep(process, open_target(process.pid, tasks, options), now);
  return describe();
}

Status FollowedProcesses::describe() const {
  for (const Ruby& ruby : rubies_)
    TRY(source_.describe(ruby.target.ruby.kernel_pid(), ruby.target.ruby.facts()));
  return {};
}

}  // namespace redbee::profiler
