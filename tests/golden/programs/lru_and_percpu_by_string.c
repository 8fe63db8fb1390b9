// needs: tracepoint
BPF_TABLE("lru_hash", u32, u64, a, 64);
BPF_TABLE("lru_percpu_hash", u32, u64, b, 64);
BPF_TABLE("percpu_hash", u32, u64, c, 64);
BPF_TABLE("percpu_array", int, u64, d, 4);
BPF_TABLE("histogram", int, u64, e, 64);
BPF_TABLE("array", int, u32, f, 2);
BPF_TABLE("hash", u32, u32, g, 2);
BPF_F_TABLE("hash", u32, u64, h, 64, BPF_F_NO_PREALLOC);
TRACEPOINT_PROBE(sched, sched_switch) {
  u32 pid = args->prev_pid;
  u64 one = 1;
  a.update(&pid, &one);
  b.update(&pid, &one);
  c.update(&pid, &one);
  d.increment(1);
  e.increment(2);
  f.increment(0);
  g.increment(pid);
  h.increment(pid);
  return 0;
}
