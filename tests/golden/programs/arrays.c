// needs: tracepoint
struct slot { u64 count, sum; };
BPF_ARRAY(defaults);
BPF_ARRAY(slots, struct slot);
BPF_ARRAY(few, u32, 4);
TRACEPOINT_PROBE(syscalls, sys_enter_write) {
  int zero = 0;
  struct slot *slot = slots.lookup(&zero);
  if (slot) {
    slot->count++;
    slot->sum += args->count;
  }
  defaults.increment(3);
  few.atomic_increment(1);
  return 0;
}
