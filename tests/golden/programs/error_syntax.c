// needs: error
BPF_HASH(counts, u32)
int look(struct pt_regs *ctx) {
  counts.increment(
  return 0;
}
