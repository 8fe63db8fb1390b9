// needs: tracepoint
char own[] SEC("license") = "Dual MIT/GPL";
TRACEPOINT_PROBE(sched, sched_switch) { return 0; }
