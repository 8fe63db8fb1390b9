// Maps of maps: counts in the inner map of an index and in that of a key, where user space has put one.
BPF_ARRAY(inner, u64, 2);
BPF_ARRAY_OF_MAPS(by_index, "inner", 8);
BPF_HASH_OF_MAPS(by_key, u32, "inner", 8);

int count_inside(struct bpf_raw_tracepoint_args *ctx) {
  int index = 1, zero = 0;
  u32 key = 77;
  void *map = by_index.lookup(&index);
  u64 *value = map ? bpf_map_lookup_elem(map, &zero) : 0;
  if (value) *value += 1;
  map = by_key.lookup(&key);
  value = map ? bpf_map_lookup_elem(map, &zero) : 0;
  if (value) *value += 100;
  return 0;
}
