#include "profiler/commands/target.h"

#include <signal.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

constexpr size_t kMostLookedAt = 64;  // of a process's descendants, for a better sentence
constexpr size_t kMostNamed = 4;

std::string described(pid_t pid) {
  const std::string name = read_file(cat("/proc/", pid, "/comm")).value_or("");
  return cat(pid, " (", trim(name), ")");
}

// Of the nearest generation that has any.
std::vector<pid_t> ruby_descendants(pid_t pid, bool* are_children) {
  FilesWithoutRuby known;
  std::vector<pid_t> generation = children_of(pid), rubies;
  *are_children = true;
  for (size_t looked_at = 0; !generation.empty(); *are_children = false) {
    std::vector<pid_t> next;
    for (pid_t child : generation) {
      if (looked_at++ == kMostLookedAt) return rubies;
      if (find_ruby_binary(child, &known)) rubies.push_back(child);
      else if (rubies.empty()) std::ranges::copy(children_of(child), std::back_inserter(next));
    }
    if (!rubies.empty()) break;
    generation = std::move(next);
  }
  return rubies;
}

// "process 12 (sh) is not Ruby; its child 15 (ruby) is: --pid 15", or the error as it was.
Error naming_descendants(pid_t pid, const Error& error) {
  bool are_children;
  const std::vector<pid_t> rubies = ruby_descendants(pid, &are_children);
  if (rubies.empty()) return error;
  const bool is_one = rubies.size() == 1;
  std::string names, advice;
  for (size_t i = 0; i < std::min(rubies.size(), kMostNamed); ++i) {
    names += cat(i ? ", " : "", described(rubies[i]));
    advice += cat(" --pid ", rubies[i]);
  }
  if (rubies.size() > kMostNamed) names += ", …";
  const std::string_view kin = are_children ? (is_one ? "child" : "children") : (is_one ? "descendant" : "descendants");
  const std::string_view are = is_one ? " is:" : " are:";
  return fail(Errc::not_found, cat("process ", described(pid), " is not Ruby; its ", kin, " ", names, are, advice)).value();
}

}  // namespace

Result<FoundTarget> find_target(TaskLister& lister, pid_t pid) {
  Result<RubyBinary> binary = find_ruby_binary(pid);
  if (binary) return FoundTarget{pid, std::move(*binary)};
  const bool is_here = kill(pid, 0) == 0 || errno != ESRCH;
  // What needs no BPF is said first: "not permitted" rather than "needs CAP_BPF".
  if (is_here && binary.error().code != Errc::not_found) return fail(binary.error());
  // The number may be one that a container gave.
  const Result<std::vector<rb_task>> tasks = lister.list();
  const std::optional<pid_t> inner = tasks ? find_by_inner_pid(*tasks, pid) : std::nullopt;
  if (inner)
    if (Result<RubyBinary> found = find_ruby_binary(*inner)) return FoundTarget{*inner, std::move(*found)};
  return fail(is_here ? naming_descendants(pid, binary.error()) : binary.error());
}

Result<Target> open_target(pid_t pid, const InspectOptions& options) {
  TaskLister lister;
  FoundTarget found = TRY(find_target(lister, pid));
  std::vector<rb_task> threads = threads_of(TRY(lister.list()), found.pid);
  return Target{TRY(RubyProcess::inspect(found.pid, std::move(found.binary), threads, options)), std::move(threads)};
}

Result<Target> open_target(pid_t pid, const std::vector<rb_task>& tasks, const InspectOptions& options) {
  std::vector<rb_task> threads = threads_of(tasks, pid);
  return Target{TRY(RubyProcess::inspect(pid, TRY(find_ruby_binary(pid)), threads, options)), std::move(threads)};
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
