// needs: perf_event
struct key { u32 pid; int kernel, user; };
BPF_STACK_TRACE(stacks, 16384);
BPF_HASH(counts, struct key);
int do_sample(struct bpf_perf_event_data *ctx) {
  struct key key = {.pid = bpf_get_current_pid_tgid() >> 32};
  key.kernel = stacks.get_stackid(&ctx->regs, 0);
  key.user = stacks.get_stackid(&ctx->regs, BPF_F_USER_STACK);
  counts.increment(key);
  return 0;
}
