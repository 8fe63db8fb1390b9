// needs: kprobe
BPF_HASH(counts, u32);
static __attribute__((noinline)) u32 twice(u32 n) { return n * 2; }
static inline int key(struct task_struct *task) { return twice(task->pid); }
int count(struct pt_regs *ctx, struct task_struct *task) {
  counts.increment(key(task));
  return 0;
}
