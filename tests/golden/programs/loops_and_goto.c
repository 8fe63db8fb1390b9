// needs: kprobe
BPF_HASH(depths, u32);
int walk(struct pt_regs *ctx) {
  struct task_struct *task = (struct task_struct *)bpf_get_current_task();
  u32 depth = 0;
#pragma unroll
  for (int i = 0; i < 5; i++) {
    if (task->pid <= 1) goto out;
    task = task->real_parent;
    depth++;
  }
out:
  depths.increment(depth);
  return 0;
}
