// needs: tracepoint
// disasm
BPF_HASH(bytes, u32, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_write) {
  u32 pid = bpf_get_current_pid_tgid();
  u64 zero = 0;
  (*bytes.lookup_or_init(&pid, &zero))++;
  return 1;
}
