// needs: tracepoint
// disasm
BPF_HASH(counts, u32, u64);
TRACEPOINT_PROBE(sched, sched_switch) {
  u32 pid = args->prev_pid;
  counts.atomic_increment(pid);
  counts.atomic_increment(pid, 3);
  return 0;
}
