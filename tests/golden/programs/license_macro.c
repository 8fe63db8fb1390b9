// needs: tracepoint
#define BPF_LICENSE Dual BSD/GPL
TRACEPOINT_PROBE(sched, sched_switch) { return 0; }
