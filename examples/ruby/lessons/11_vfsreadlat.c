BPF_HASH(start, u32);
BPF_HISTOGRAM(dist);

int on_entry(struct pt_regs *ctx) {
  u32 tid = bpf_get_current_pid_tgid();
  u64 now = bpf_ktime_get_ns();
  start.update(&tid, &now);
  return 0;
}

int on_return(struct pt_regs *ctx) {
  u32 tid = bpf_get_current_pid_tgid();
  u64 *began = start.lookup(&tid);
  if (!began)
    return 0;
  dist.increment(bpf_log2l((bpf_ktime_get_ns() - *began) / 1000));
  start.delete(&tid);
  return 0;
}
