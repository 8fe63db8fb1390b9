// The same path as pinned.c's, another table.
struct wide_t {
  u64 a, b;
};
BPF_TABLE_PINNED("hash", u32, struct wide_t, kept, 32, "/sys/fs/bpf/redbee_test/kept");

int count_kept(struct bpf_raw_tracepoint_args *ctx) {
  u32 key = 1;
  kept.lookup(&key);
  return 0;
}
