#include "profiler/commands/target.h"

#include <signal.h>

#include <charconv>
#include <filesystem>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {

Result<pid_t> find_target(pid_t pid) {
  const Result<RubyBinary> binary = find_ruby_binary(pid);
  if (binary) return pid;
  const bool is_here = kill(pid, 0) == 0 || errno != ESRCH;
  // What needs no BPF is said first: "not permitted" rather than "needs CAP_BPF".
  if (is_here && binary.error().code != Errc::not_found) return fail(binary.error());
  // The number may be one that a container gave.
  const Result<std::vector<rb_task>> tasks = list_tasks();
  const std::optional<pid_t> inner = tasks ? find_by_inner_pid(*tasks, pid) : std::nullopt;
  if (inner && find_ruby_binary(*inner)) return *inner;
  return fail(binary.error());
}

Result<Target> open_target(pid_t pid, const InspectOptions& options) {
  const pid_t found = TRY(find_target(pid));
  return open_target(found, TRY(list_tasks()), options);
}

Result<Target> open_target(pid_t pid, const std::vector<rb_task>& tasks, const InspectOptions& options) {
  std::vector<rb_task> threads = threads_of(tasks, pid);
  return Target{TRY(RubyProcess::inspect(pid, threads, options)), std::move(threads)};
}

// Each thread of a process has its own list of children.
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code gone;
  std::filesystem::directory_iterator thread(cat("/proc/", pid, "/task"), gone);
  for (; !gone && thread != std::filesystem::directory_iterator(); thread.increment(gone)) {
    const std::string list = read_file((thread->path() / "children").string()).value_or("");
    for (std::string_view word : split(list, ' ')) {
      pid_t child = 0;
      if (std::from_chars(word.data(), word.data() + word.size(), child).ec == std::errc()) children.push_back(child);
    }
  }
  return children;
}

}  // namespace redbee::profiler
