// needs: tracepoint
struct small { u32 pid; };
struct large { u32 pid; char comm[16]; };
BPF_RINGBUF_OUTPUT(copied, 1 << 4);
BPF_RINGBUF_OUTPUT(reserved, 8);
TRACEPOINT_PROBE(sched, sched_switch) {
  struct small event = {.pid = args->prev_pid};
  copied.ringbuf_output(&event, sizeof(event), 0);
  struct large *record = reserved.ringbuf_reserve(sizeof(struct large));
  if (!record) return 0;
  record->pid = args->next_pid;
  if (reserved.ringbuf_query(BPF_RB_AVAIL_DATA) > 1000) {
    reserved.ringbuf_discard(record, 0);
    return 0;
  }
  bpf_get_current_comm(&record->comm, sizeof(record->comm));
  reserved.ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
  return 0;
}
