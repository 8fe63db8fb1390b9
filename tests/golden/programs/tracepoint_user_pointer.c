// needs: tracepoint
// disasm
// A pointer argument of a system call is read with a probe read, once per byte asked for.
BPF_HASH(firsts, char);
TRACEPOINT_PROBE(syscalls, sys_enter_write) {
  firsts.increment(args->buf[1]);
  return 0;
}
