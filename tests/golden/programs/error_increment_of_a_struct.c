// needs: error
struct pair { u64 a, b; };
BPF_HASH(pairs, u32, struct pair);
int look(struct pt_regs *ctx) {
  pairs.increment(1);
  return 0;
}
