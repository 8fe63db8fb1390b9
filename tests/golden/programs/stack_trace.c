// needs: tracepoint
// Entries round up to a power of two.
BPF_STACK_TRACE(stacks, 1000);
BPF_STACK_TRACE_BUILDID(builds, 64);
BPF_HASH(counts, int);
TRACEPOINT_PROBE(sched, sched_switch) {
  int id = stacks.get_stackid(args, 0);
  if (id >= 0) counts.increment(id);
  id = builds.get_stackid(args, BPF_F_USER_STACK);
  return 0;
}
