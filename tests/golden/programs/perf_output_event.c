// needs: tracepoint
// The event's type is the struct submitted.
struct data_t {
  u32 pid;
  u64 ts;
  char comm[TASK_COMM_LEN];
  u8 flag : 3, rest : 5;
  enum { START, END } kind;
  struct { int x; s16 y; } inner;
  int *pointer;
  bool yes;
};
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(sched, sched_switch) {
  struct data_t data = {};
  data.pid = args->prev_pid;
  data.ts = bpf_ktime_get_ns();
  data.flag = 5;
  data.kind = END;
  bpf_get_current_comm(&data.comm, sizeof(data.comm));
  events.perf_submit(args, &data, sizeof(data));
  return 0;
}
