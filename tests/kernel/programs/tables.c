// One table of each kind that holds plain entries.
struct key_t {
  u32 pid;
  char name[12];
};
struct leaf_t {
  u64 count;
  s32 last;
  u32 high : 4, low : 28;
};
BPF_HASH(hash, struct key_t, struct leaf_t, 20000);
BPF_ARRAY(array, u64, 8);
BPF_PERCPU_ARRAY(percpu_array, u32, 4);
BPF_TABLE("percpu_hash", u32, u64, percpu_hash, 64);
BPF_TABLE("lru_hash", u32, u64, lru, 64);
BPF_HISTOGRAM(histogram);
BPF_QUEUE(queue, u32, 4);
BPF_STACK(stack, u32, 4);
