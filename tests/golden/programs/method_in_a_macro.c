// needs: tracepoint
BPF_HASH(counts, u32);
#define COUNT(key) counts.increment(key)
#define FIND(table, key) table.lookup(&key)
TRACEPOINT_PROBE(sched, sched_switch) {
  u32 pid = args->prev_pid;
  COUNT(pid);
  if (FIND(counts, pid)) COUNT(0);
  return 0;
}
