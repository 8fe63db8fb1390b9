/* Lesson 11, the kernel's half: how long vfs_read() takes, as a histogram. */
BPF_HASH(start, u32);
BPF_HISTOGRAM(dist);

int do_entry(struct pt_regs *ctx) {
  u32 tid = bpf_get_current_pid_tgid();
  u64 ts = bpf_ktime_get_ns();
  start.update(&tid, &ts);
  return 0;
}

int do_return(struct pt_regs *ctx) {
  u32 tid = bpf_get_current_pid_tgid();
  u64 *began = start.lookup(&tid);
  if (began != 0) {
    u64 us = (bpf_ktime_get_ns() - *began) / 1000;
    dist.increment(bpf_log2l(us));
    start.delete(&tid);
  }
  return 0;
}
