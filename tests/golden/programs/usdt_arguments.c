// needs: uprobe
// cc: --usdt usdt_arguments.usdt.json
// disasm
// One program for each way the probe's locations describe its arguments.
struct event { int first; u64 second; u8 third; char text[16]; };
BPF_PERF_OUTPUT(events);
int do_count(struct pt_regs *ctx) {
  struct event event = {};
  bpf_usdt_readarg(1, ctx, &event.first);
  bpf_usdt_readarg(2, ctx, &event.second);
  bpf_usdt_readarg(3, ctx, &event.third);
  bpf_usdt_readarg_p(4, ctx, &event.text, sizeof(event.text));
  events.perf_submit(ctx, &event, sizeof(event));
  return 0;
}
