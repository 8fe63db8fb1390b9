// needs: tracepoint
struct key_t { u32 pid; char comm[TASK_COMM_LEN]; };
BPF_HASH(counts, struct key_t);
TRACEPOINT_PROBE(sched, sched_switch) {
  struct key_t key = {.pid = args->prev_pid};
  bpf_get_current_comm(&key.comm, sizeof(key.comm));
  counts.increment(key);
  return 0;
}
