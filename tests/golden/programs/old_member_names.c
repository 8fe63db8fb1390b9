// needs: kprobe
// Members that kernels renamed are found by their old names.
BPF_HASH(counts, u64);
int look(struct pt_regs *ctx, struct task_struct *task, struct sock *sk) {
  if (task->state == TASK_RUNNING) counts.increment(sk->sk_dport);
  return 0;
}
