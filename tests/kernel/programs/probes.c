// Counts what one process does, by attachment. `target` holds its pid, so that nothing else counts.
// Its threads may be on several CPUs at the same time: a count by increment() could be lost.
BPF_ARRAY(target, u32, 1);
BPF_HASH(counts, u32, u64);
BPF_HASH(sums, u32, u64);

enum { KPROBE, KRETPROBE, TRACEPOINT, RAW, UPROBE, URETPROBE, CLOCK, SYSCALL, SYSCALL_RETURN };

static inline int is_target() {
  int zero = 0;
  u32 *pid = target.lookup(&zero);
  return pid && *pid == bpf_get_current_pid_tgid() >> 32;
}

int kprobe__vfs_read(struct pt_regs *ctx, struct file *file, char *buf, size_t count) {
  u32 key = KPROBE;
  if (!is_target()) return 0;
  counts.atomic_increment(key);
  sums.atomic_increment(key, count);
  return 0;
}

int kretprobe__vfs_read(struct pt_regs *ctx) {
  u32 key = KRETPROBE;
  if (!is_target()) return 0;
  counts.atomic_increment(key);
  sums.atomic_increment(key, PT_REGS_RC(ctx));
  return 0;
}

int syscall__getpgid(struct pt_regs *ctx, int pid) {
  u32 key = SYSCALL;
  if (!is_target()) return 0;
  counts.atomic_increment(key);
  sums.atomic_increment(key, pid);
  return 0;
}

int getpgid_returns(struct pt_regs *ctx) {
  u32 key = SYSCALL_RETURN;
  if (!is_target()) return 0;
  counts.atomic_increment(key);
  sums.atomic_increment(key, PT_REGS_RC(ctx));
  return 0;
}

TRACEPOINT_PROBE(syscalls, sys_enter_getpgid) {
  u32 key = TRACEPOINT;
  if (!is_target()) return 0;
  counts.atomic_increment(key);
  sums.atomic_increment(key, args->pid);
  return 0;
}

RAW_TRACEPOINT_PROBE(sys_enter) {
  u32 key = RAW;
  if (!is_target() || ctx->args[1] != 121) return 0;  // getpgid on x86-64
  counts.atomic_increment(key);
  return 0;
}

int on_entry(struct pt_regs *ctx) {
  u32 key = UPROBE;
  if (!is_target()) return 0;
  counts.atomic_increment(key);
  sums.atomic_increment(key, PT_REGS_PARM1(ctx));
  return 0;
}

int on_return(struct pt_regs *ctx) {
  u32 key = URETPROBE;
  if (!is_target()) return 0;
  counts.atomic_increment(key);
  sums.atomic_increment(key, PT_REGS_RC(ctx));
  return 0;
}

int on_clock(struct bpf_perf_event_data *ctx) {
  u32 key = CLOCK;
  if (!is_target()) return 0;
  counts.atomic_increment(key);
  return 0;
}
