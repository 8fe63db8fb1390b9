// needs: tracepoint
// The early return leaves the function that calls, not the program.
BPF_HASH(bytes, u32, u64);
BPF_HASH(after, u32, u64);
static void count(u32 pid) {
  u64 zero = 0;
  u64 *sum = bytes.lookup_or_init(&pid, &zero);
  *sum += 1;
}
TRACEPOINT_PROBE(syscalls, sys_enter_write) {
  u32 pid = bpf_get_current_pid_tgid();
  count(pid);
  after.increment(pid);
  return 0;
}
