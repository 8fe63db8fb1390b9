// needs: tracepoint
BPF_CGROUP_ARRAY(groups, 1);
BPF_HASH(counts, u32);
TRACEPOINT_PROBE(sched, sched_switch) {
  if (groups.check_current_task(0) <= 0) return 0;
  counts.increment(args->prev_pid);
  return 0;
}
