// Sends numbered records; run by test_run, attached to nothing.
struct record_t {
  u64 number;
  char text[16];
};
BPF_PERF_OUTPUT(events);
BPF_RINGBUF_OUTPUT(ring, 64);
BPF_RINGBUF_OUTPUT(ring_two, 8);
BPF_ARRAY(sent, u64, 3);

int burst_perf(struct bpf_raw_tracepoint_args *ctx) {
  int slot = 0;
  u64 *next = sent.lookup(&slot);
  if (!next) return 0;
  for (int i = 0; i < 1000; i++) {
    struct record_t record = {.number = *next, .text = "record"};
    events.perf_submit(ctx, &record, sizeof record);
    *next += 1;
  }
  return 0;
}

int burst_ring(struct bpf_raw_tracepoint_args *ctx) {
  int slot = 1, refused_slot = 2;
  u64 *next = sent.lookup(&slot), *refused = sent.lookup(&refused_slot);
  if (!next || !refused) return 0;
  for (int i = 0; i < 1000; i++) {
    struct record_t record = {.number = *next, .text = "record"};
    if (ring.ringbuf_output(&record, sizeof record, 0) < 0) *refused += 1;
    *next += 1;
  }
  return 0;
}

int one_to_each(struct bpf_raw_tracepoint_args *ctx) {
  struct record_t record = {.number = 7, .text = "first"};
  ring.ringbuf_output(&record, sizeof record, 0);
  record.number = 8;
  ring_two.ringbuf_output(&record, sizeof record, 0);
  return 0;
}

// For several threads at once: what is refused is counted by the program itself.
int flood_perf(struct bpf_raw_tracepoint_args *ctx) {
  int refused_slot = 2;
  u64 *refused = sent.lookup(&refused_slot);
  if (!refused) return 0;
  for (int i = 0; i < 1000; i++) {
    struct record_t record = {.number = i, .text = "flood"};
    if (events.perf_submit(ctx, &record, sizeof record) < 0) __sync_fetch_and_add(refused, 1);
  }
  return 0;
}

int flood_ring(struct bpf_raw_tracepoint_args *ctx) {
  int refused_slot = 2;
  u64 *refused = sent.lookup(&refused_slot);
  if (!refused) return 0;
  for (int i = 0; i < 1000; i++) {
    struct record_t record = {.number = i, .text = "flood"};
    if (ring.ringbuf_output(&record, sizeof record, 0) < 0) __sync_fetch_and_add(refused, 1);
  }
  return 0;
}

int one_perf(struct bpf_raw_tracepoint_args *ctx) {
  struct record_t record = {.number = 0, .text = "last"};
  events.perf_submit(ctx, &record, sizeof record);
  return 0;
}
