// needs: tracepoint
BPF_PERF_ARRAY(cycles, 64);
BPF_HASH(values, u32);
TRACEPOINT_PROBE(sched, sched_switch) {
  u32 cpu = bpf_get_smp_processor_id();
  u64 value = cycles.perf_read(cpu);
  values.update(&cpu, &value);
  struct bpf_perf_event_value counter = {};
  cycles.perf_counter_value(cpu, &counter, sizeof(counter));
  return 0;
}
