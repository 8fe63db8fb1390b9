// needs: tracepoint
// A histogram of plain int is an array, any other key makes it a hash.
struct slot_t { u32 cpu; u64 slot; };
BPF_HISTOGRAM(plain);
BPF_HISTOGRAM(unsigned_key, u32);
BPF_HISTOGRAM(by_cpu, struct slot_t, 1000);
TRACEPOINT_PROBE(syscalls, sys_enter_write) {
  struct slot_t key = {.cpu = bpf_get_smp_processor_id(), .slot = bpf_log2l(args->count)};
  plain.increment(bpf_log2l(args->count));
  unsigned_key.increment(bpf_log2(args->count));
  by_cpu.increment(key);
  return 0;
}
