// A table that outlives its program.
BPF_TABLE_PINNED("hash", u32, u64, kept, 64, "/sys/fs/bpf/redbee_test/kept");

int count_kept(struct bpf_raw_tracepoint_args *ctx) {
  u32 key = 1;
  kept.increment(key);
  return 0;
}
