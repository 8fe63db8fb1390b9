#include "profiler/commands/target.h"

#include <signal.h>

namespace redbee::profiler {

Result<Target> open_target(pid_t pid, const InspectOptions& options) {
  const bool is_here = kill(pid, 0) == 0 || errno != ESRCH;
  // What needs no BPF is said first: "does not run Ruby" rather than "needs CAP_BPF".
  if (is_here) (void)TRY(find_ruby_binary(pid));
  const std::vector<rb_task> tasks = TRY(list_tasks());
  if (!is_here) pid = find_by_inner_pid(tasks, pid).value_or(pid);
  std::vector<rb_task> threads = threads_of(tasks, pid);
  return Target{TRY(RubyProcess::inspect(pid, threads, options)), std::move(threads)};
}

}  // namespace redbee::profiler
