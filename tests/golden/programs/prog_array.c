// needs: tracepoint
BPF_PROG_ARRAY(stages, 4);
TRACEPOINT_PROBE(sched, sched_switch) {
  stages.call(args, 2);
  return 0;
}
