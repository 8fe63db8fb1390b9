// needs: error
BPF_PERF_OUTPUT(events);
int look(struct pt_regs *ctx) {
  char text[600];
  bpf_get_current_comm(text, sizeof(text));
  events.perf_submit(ctx, text, sizeof(text));
  return 0;
}
