// A list of all threads with what /proc does not tell: the thread pointer (where a thread's own data
// begin) and its ids in each PID namespace. Reading it neither stops nor touches the threads.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "profiler/unwind/kernel_types.h"
#include "profiler/unwind/task_format.h"

char LICENSE[] SEC("license") = "GPL";

struct seq_file;
struct bpf_iter_meta {
  struct seq_file* seq;
} RB_CORE;
struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
} RB_CORE;

SEC("iter/task")
int list_tasks(struct bpf_iter__task* context) {
  struct task_struct* task = context->task;
  struct seq_file* seq = context->meta->seq;
  if (!task) return 0;
  struct rb_task record = {};
  record.pid = BPF_CORE_READ(task, tgid);
  record.tid = BPF_CORE_READ(task, pid);
  record.thread_pointer = BPF_CORE_READ(task, thread.fsbase);
  bpf_probe_read_kernel(record.comm, sizeof record.comm, task->comm);
  struct pid* own = BPF_CORE_READ(task, thread_pid);
  struct pid* leader = BPF_CORE_READ(task, group_leader, thread_pid);
  if (own && leader) {
    __u32 level = BPF_CORE_READ(own, level);
    if (level >= RB_MAX_PID_LEVELS) level = RB_MAX_PID_LEVELS - 1;
    struct upid number;
    __u64 stride = bpf_core_type_size(struct upid);
    for (__u32 i = 0; i < RB_MAX_PID_LEVELS; i++) {
      if (i > level) break;
      int nr = 0;
      struct pid_namespace* space = 0;
      const char* at = (const char*)__builtin_preserve_access_index(&leader->numbers) + i * stride;
      bpf_probe_read_kernel(&nr, sizeof nr, at + bpf_core_field_offset(number.nr));
      bpf_probe_read_kernel(&space, sizeof space, at + bpf_core_field_offset(number.ns));
      record.namespaces[i].pid = nr;
      record.namespaces[i].inode = BPF_CORE_READ(space, ns.inum);
      at = (const char*)__builtin_preserve_access_index(&own->numbers) + i * stride;
      bpf_probe_read_kernel(&nr, sizeof nr, at + bpf_core_field_offset(number.nr));
      record.namespaces[i].tid = nr;
    }
    record.levels = level + 1;
  }
  bpf_seq_write(seq, &record, sizeof record);
  return 0;
}
