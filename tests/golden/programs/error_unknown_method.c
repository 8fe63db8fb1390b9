// needs: error
BPF_HASH(counts, u32);
BPF_QUEUE(queue, u32, 4);
int look(struct pt_regs *ctx) {
  u32 key = 1;
  counts.incremnt(key);
  counts.get_stackid(ctx, 0);
  queue.lookup(&key);
  return 0;
}
