#include "profiler/sample/task_list.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>

#include <cstring>

#include "profiler/sample/bpf_object.h"
#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/base/unique_fd.h"
#include "tasks.bpf.h"

namespace redbee::profiler {
namespace {

// The inode that names the PID namespace of /proc here.
uint32_t own_pid_namespace() {
  struct stat status;
  return stat("/proc/self/ns/pid", &status) == 0 ? static_cast<uint32_t>(status.st_ino) : 0;
}

constexpr uint32_t kInitialPidNamespace = 0xeffffffc;  // linux/proc_ns.h, PROC_PID_INIT_INO

}  // namespace

Status TaskLister::load() {
  BpfObject object = TRY(BpfObject::open("tasks", tasks_bpf_object));
  TRY(object.load());
  link_.reset(bpf_program__attach_iter(object.program("list_tasks"), nullptr));
  if (!link_) return os_error("attach the task iterator (Linux 5.8)");
  object_.emplace(std::move(object));
  return {};
}

Result<std::vector<rb_task>> TaskLister::list() {
  if (!object_) TRY(load());
  UniqueFd iterator(bpf_iter_create(bpf_link__fd(link_.get())));
  if (!iterator.is_open()) return os_error("open the task iterator");
  std::vector<rb_task> tasks;
  std::string bytes;
  char buffer[64 * sizeof(rb_task)];
  for (;;) {
    const ssize_t got = read(iterator.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EAGAIN) continue;
    if (got < 0) return os_error("read the task iterator");
    if (got == 0) break;
    bytes.append(buffer, static_cast<size_t>(got));
  }
  tasks.resize(bytes.size() / sizeof(rb_task));
  std::memcpy(tasks.data(), bytes.data(), tasks.size() * sizeof(rb_task));
  return tasks;
}

std::vector<rb_task> threads_of(const std::vector<rb_task>& tasks, pid_t pid) {
  const uint32_t here = own_pid_namespace();
  std::vector<rb_task> threads;
  for (const rb_task& task : tasks)
    for (uint32_t i = 0; i < task.levels; ++i)
      if (task.namespaces[i].inode == here && task.namespaces[i].pid == static_cast<uint32_t>(pid))
        threads.push_back(task);
  return threads;
}

std::optional<pid_t> find_by_inner_pid(const std::vector<rb_task>& tasks, pid_t pid) {
  const uint32_t here = own_pid_namespace();
  std::optional<pid_t> found;
  for (const rb_task& task : tasks) {
    if (task.pid != task.tid || !task.levels) continue;
    const auto& inner = task.namespaces[task.levels - 1];
    if (inner.inode == here || inner.pid != static_cast<uint32_t>(pid)) continue;
    for (uint32_t i = 0; i < task.levels; ++i)
      if (task.namespaces[i].inode == here) {
        if (found) return std::nullopt;
        found = static_cast<pid_t>(task.namespaces[i].pid);
      }
  }
  return found;
}

Result<ProcessId> process_id_of(TaskLister& tasks, pid_t pid) {
  if (own_pid_namespace() == kInitialPidNamespace) return ProcessId{pid, static_cast<uint32_t>(pid)};
  const std::vector<rb_task> threads = threads_of(TRY(tasks.list()), pid);
  if (threads.empty()) return fail(Errc::not_found, cat("there is no process ", pid));
  return ProcessId{pid, threads.front().pid};
}

pid_t pid_here(TaskLister& lister, uint32_t kernel_pid) {
  const uint32_t here = own_pid_namespace();
  if (here == kInitialPidNamespace) return static_cast<pid_t>(kernel_pid);
  const Result<std::vector<rb_task>> tasks = lister.list();
  if (!tasks) return static_cast<pid_t>(kernel_pid);
  for (const rb_task& task : *tasks)
    for (uint32_t i = 0; task.pid == kernel_pid && i < task.levels; ++i)
      if (task.namespaces[i].inode == here) return static_cast<pid_t>(task.namespaces[i].pid);
  return static_cast<pid_t>(kernel_pid);
}

}  // namespace redbee::profiler
