// needs: tracepoint
// Bytes become whole pages, as many as a power of two; the leaf is the event.
struct event { u32 pid; };
BPF_TABLE("ringbuf", int, struct event, events, 5000);
TRACEPOINT_PROBE(sched, sched_switch) {
  struct event event = {.pid = args->next_pid};
  events.ringbuf_output(&event, sizeof(event), 0);
  return 0;
}
