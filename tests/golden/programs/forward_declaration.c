// needs: kprobe
// A declaration without a body means the kernel's.
struct rq;
struct task_struct;
BPF_HASH(counts, u64);
int look(struct pt_regs *ctx, struct rq *rq, struct task_struct *task) {
  struct task_struct *parent = task->real_parent;
  counts.increment(rq->nr_running + parent->pid);
  return 0;
}
