// needs: tracepoint
// key and leaf carry a table's types.
struct leaf_t { u64 count; char name[8]; };
BPF_HASH(table, u32, struct leaf_t);
TRACEPOINT_PROBE(sched, sched_switch) {
  typeof(table.key) key = args->prev_pid;
  typeof(table.leaf) leaf = {.count = sizeof(table.leaf)};
  table.update(&key, &leaf);
  return 0;
}
