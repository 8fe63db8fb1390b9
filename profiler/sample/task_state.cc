#include "profiler/sample/task_state.h"

#include <filesystem>
#include <optional>
#include <string>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

constexpr uint64_t kExiting = 4;  // linux/sched.h, PF_EXITING: set before sched_process_exit

struct TaskStat {
  char state = 0;
  uint64_t flags = 0;
};

// Of /proc/PID/task/TID/stat, the fields after the name in parentheses: state ppid pgrp session tty_nr
// tpgid flags.
std::optional<TaskStat> read_stat(const std::string& directory) {
  const std::string stat = read_file(directory + "/stat").value_or("");
  const size_t name_end = stat.rfind(") ");
  if (name_end == stat.npos) return std::nullopt;
  const auto fields = split(std::string_view(stat).substr(name_end + 2), ' ');
  if (fields.size() < 7 || fields[0].empty()) return std::nullopt;
  return TaskStat{fields[0][0], parse_u64(fields[6]).value_or(0)};
}

}  // namespace

bool has_ended(pid_t pid) {
  std::error_code gone;
  std::filesystem::directory_iterator thread(cat("/proc/", pid, "/task"), gone);
  for (; !gone && thread != std::filesystem::directory_iterator(); thread.increment(gone)) {
    const std::optional<TaskStat> stat = read_stat(thread->path().string());
    if (stat && !(stat->flags & kExiting)) return false;
  }
  return true;
}

bool is_asleep(pid_t pid, const rb_task& thread) {
  const uint32_t tid = thread.levels ? thread.namespaces[0].tid : thread.tid;
  const std::optional<TaskStat> stat = read_stat(cat("/proc/", pid, "/task/", tid));
  return stat && stat->state != 'R';
}

}  // namespace redbee::profiler
