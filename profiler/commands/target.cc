#include "profiler/commands/target.h"

#include <signal.h>

#include <charconv>
#include <filesystem>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

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

}  // namespace

Result<Target> open_target(pid_t pid, const InspectOptions& options) {
  const bool is_here = kill(pid, 0) == 0 || errno != ESRCH;
  Result<RubyBinary> binary = find_ruby_binary(pid);
  // What needs no BPF is said first: "not permitted" rather than "needs CAP_BPF".
  if (is_here && !binary && binary.error().code != Errc::not_found) return fail(binary.error());
  const Result<std::vector<rb_task>> tasks = list_tasks();
  if (binary) return open_target(pid, TRY(Result(tasks)), options);
  // The number may be one that a container gave.
  const std::optional<pid_t> inner = tasks ? find_by_inner_pid(*tasks, pid) : std::nullopt;
  if (!inner || !find_ruby_binary(*inner)) return fail(binary.error());
  return open_target(*inner, *tasks, options);
}

Result<Target> open_target(pid_t pid, const std::vector<rb_task>& tasks, const InspectOptions& options) {
  std::vector<rb_task> threads = threads_of(tasks, pid);
  return Target{TRY(RubyProcess::inspect(pid, threads, options)), std::move(threads)};
}

std::vector<pid_t> descendants_of(pid_t pid) {
  std::vector<pid_t> found = children_of(pid);
  for (size_t i = 0; i < found.size(); ++i) {
    const std::vector<pid_t> children = children_of(found[i]);
    found.insert(found.end(), children.begin(), children.end());
  }
  return found;
}

}  // namespace redbee::profiler
