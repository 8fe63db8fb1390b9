// needs: tracepoint
// cc: -DLIMIT=5 -D NAME=values -UCONFIG_64BIT
BPF_HASH(NAME, u32, u64, LIMIT);
#ifdef CONFIG_64BIT
#error still there
#endif
TRACEPOINT_PROBE(sched, sched_switch) { return 0; }
