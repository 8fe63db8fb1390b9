// needs: tracepoint since 5.12
// disasm
// The old value of an atomic addition needs a newer instruction set, and gets it.
BPF_ARRAY(tickets, u64, 1);
TRACEPOINT_PROBE(sched, sched_switch) {
  int zero = 0;
  u64 *ticket = tickets.lookup(&zero);
  if (!ticket) return 0;
  return __sync_fetch_and_add(ticket, 1) > 5;
}
