// needs: kprobe
int look(struct pt_regs *ctx) {
  u64 value = 0;
  bpf_usdt_readarg(1, ctx, &value);
  return value;
}
