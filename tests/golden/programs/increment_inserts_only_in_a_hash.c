// needs: tracepoint
// disasm
BPF_TABLE("lru_hash", u32, u64, recent, 128);
TRACEPOINT_PROBE(sched, sched_switch) {
  u32 pid = args->prev_pid;
  recent.increment(pid);
  return 0;
}
