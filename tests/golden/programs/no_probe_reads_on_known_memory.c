// needs: raw_tracepoint
// disasm
// The stack, table values, globals and the context are read directly.
struct state { u64 last; u32 slots[4]; };
BPF_ARRAY(states, struct state, 1);
static u64 calls;
RAW_TRACEPOINT_PROBE(sched_switch) {
  int zero = 0;
  struct state *state = states.lookup(&zero), copy;
  if (!state) return 0;
  copy = *state;
  calls += copy.slots[ctx->args[0] & 3];
  state->last = calls + copy.last;
  return 0;
}
