// needs: tracepoint
struct data_t { u64 count; };
BPF_PERF_OUTPUT(events);
static int emit(void *ctx, struct data_t *data) {
  events.perf_submit(ctx, data, sizeof(*data));
  return 0;
}
TRACEPOINT_PROBE(syscalls, sys_enter_write) {
  struct data_t data = {.count = args->count};
  return emit(args, &data);
}
