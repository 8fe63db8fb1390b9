// needs: nothing
BPF_HASH(counts, u32, u64);
int look(struct pt_regs *ctx) {
  u64 key = 1;
  u32 leaf = 2;
  counts.lookup(&key);
  counts.update((u32 *)&key, (void *)&leaf);
  counts.update((u32 *)&key, &leaf);
  return 0;
}
