// A program that the verifier must reject, beside one that it accepts.
BPF_HASH(counts, u32, u64);

int unchecked(struct pt_regs *ctx) {
  u32 key = 1;
  u64 *value = counts.lookup(&key);
  *value = 5;
  return 0;
}

int checked(struct pt_regs *ctx) {
  u32 key = 1;
  counts.increment(key);
  return 0;
}
