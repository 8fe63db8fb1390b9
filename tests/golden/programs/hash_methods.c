// needs: tracepoint
// lookup, update, insert, delete.
BPF_HASH(start, u32, u64);
TRACEPOINT_PROBE(sched, sched_switch) {
  u32 pid = args->prev_pid, next = args->next_pid;
  u64 now = bpf_ktime_get_ns(), *before = start.lookup(&next);
  if (before && *before < now) start.delete(&next);
  start.update(&pid, &now);
  start.insert(&next, &now);
  return 0;
}
