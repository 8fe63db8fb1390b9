// needs: kprobe
// disasm
// syscall__NAME reads the caller's registers through the first parameter, the fourth from r10.
struct event { int fd; char path[64]; u64 flags; };
BPF_PERF_OUTPUT(events);
int syscall__openat(struct pt_regs *ctx, int dfd, const char __user *name, int flags, u16 mode) {
  struct event event = {};
  event.fd = dfd;
  event.flags = flags | (u64)mode << 32;
  bpf_probe_read_user_str(&event.path, sizeof(event.path), (void *)name);
  events.perf_submit(ctx, &event, sizeof(event));
  return 0;
}
