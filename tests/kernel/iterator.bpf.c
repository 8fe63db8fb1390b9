// One line of text for each task. Apart from plain.bpf.c: its relocations make libbpf read the kernel's BTF.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} kt_tasks SEC(".maps");

struct bpf_iter_meta {
  struct seq_file *seq;
} __attribute__((preserve_access_index));
struct task_struct {
  int pid, tgid;
} __attribute__((preserve_access_index));
struct task_context {
  struct bpf_iter_meta *meta;
  struct task_struct *task;
};

SEC("iter/task")
int kt_iter_task(struct task_context *ctx) {
  struct task_struct *task = ctx->task;
  __u32 zero = 0;
  __u64 *count = bpf_map_lookup_elem(&kt_tasks, &zero);
  if (!task || !count) return 0;
  *count += 1;
  BPF_SEQ_PRINTF(ctx->meta->seq, "%d %d\n", task->pid, task->tgid);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
