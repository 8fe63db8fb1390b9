// needs: error
// cc: --usdt usdt_arguments.usdt.json
int do_count(struct pt_regs *ctx) {
  u64 value = 0;
  bpf_usdt_readarg(5, ctx, &value);
  return value;
}
