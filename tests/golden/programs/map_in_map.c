// needs: tracepoint
BPF_ARRAY(inner, u64, 4);
BPF_ARRAY_OF_MAPS(by_index, "inner", 8);
BPF_HASH_OF_MAPS(by_key, u32, "inner", 8);
TRACEPOINT_PROBE(sched, sched_switch) {
  int index = 1, zero = 0;
  void *map = by_index.lookup(&index);
  if (!map) return 0;
  u64 *value = bpf_map_lookup_elem(map, &zero);
  if (value) *value += 1;
  return 0;
}
