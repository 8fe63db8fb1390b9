// needs: tracepoint
// Fields as the format words them; the struct also serves functions of other names.
struct event { char prev[TASK_COMM_LEN]; int next_pid; long state; };
BPF_PERF_OUTPUT(events);
TRACEPOINT_PROBE(sched, sched_switch) {
  struct event event = {.next_pid = args->next_pid, .state = args->prev_state};
  __builtin_memcpy(event.prev, args->prev_comm, sizeof(event.prev));
  events.perf_submit(args, &event, sizeof(event));
  return 0;
}
int by_name(struct tracepoint__syscalls__sys_enter_write *args) {
  return args->fd == sizeof(args->__do_not_use__);
}
