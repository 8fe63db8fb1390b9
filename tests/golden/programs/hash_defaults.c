// needs: tracepoint
// BPF_HASH with one to four arguments.
BPF_HASH(one);
BPF_HASH(two, u32);
struct where { u32 pid; u16 cpu; };
BPF_HASH(three, struct where, u32);
BPF_HASH(four, u64, u8, 16);
TRACEPOINT_PROBE(sched, sched_switch) {
  u64 id = bpf_get_current_pid_tgid();
  u32 tgid = id >> 32;
  struct where where = {};
  where.pid = tgid;
  where.cpu = bpf_get_smp_processor_id();
  one.increment(id);
  two.increment(tgid);
  three.increment(where);
  four.increment(id);
  return 0;
}
