// needs: tracepoint
// disasm
// increment with what to add: numbers keep their sign, a narrow leaf stays narrow.
BPF_HASH(wide, u32, u64);
BPF_HASH(narrow, u32, u32);
TRACEPOINT_PROBE(sched, sched_switch) {
  u32 pid = args->prev_pid;
  int down = -1;
  unsigned int up = 0x90000000u;
  wide.increment(pid, down);
  wide.increment(pid, up);
  narrow.increment(pid, 2);
  return 0;
}
