// Arguments of the test binary's own probe; compiled with its facts (--usdt).
BPF_HASH(ticks, u64, u64);

int on_tick(struct pt_regs *ctx) {
  int number = 0;
  u64 weight = 0;
  bpf_usdt_readarg(1, ctx, &number);
  bpf_usdt_readarg(2, ctx, &weight);
  u64 key = number;
  ticks.increment(key, weight);
  return 0;
}
