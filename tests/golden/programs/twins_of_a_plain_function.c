// needs: kprobe
// disasm
// The caller decides: one function may serve a kprobe, fentry, a system call's tracepoint.
struct event { u32 pid; u64 first; };
BPF_PERF_OUTPUT(events);
int on_entry(struct pt_regs *ctx) {
  struct event event = {.pid = bpf_get_current_pid_tgid()};
  event.first = PT_REGS_PARM1(ctx);
  events.perf_submit(ctx, &event, sizeof(event));
  return 0;
}
int on_return(struct pt_regs *ctx) {
  struct event event = {.pid = bpf_get_current_pid_tgid(), .first = PT_REGS_RC(ctx)};
  events.perf_submit(ctx, &event, sizeof(event));
  return 0;
}
