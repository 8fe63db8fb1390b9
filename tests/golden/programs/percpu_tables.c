// needs: tracepoint
BPF_PERCPU_HASH(by_thread, u32, u64, 512);
BPF_PERCPU_ARRAY(totals, u64, 2);
BPF_PERCPU_HASH(defaults);
BPF_PERCPU_ARRAY(wide);
TRACEPOINT_PROBE(sched, sched_switch) {
  u32 pid = args->prev_pid;
  u64 one = 1, *sum = by_thread.lookup_or_try_init(&pid, &one);
  if (sum) *sum += 1;
  totals.increment(1);
  wide.increment(0);
  return 0;
}
