// needs: kprobe
BPF_HASH(sizes, u32);
int kprobe____x64_sys_write(struct pt_regs *ctx, unsigned int fd, const char *buf, size_t count) {
  sizes.increment(fd, count);
  return 0;
}
int kretprobe____x64_sys_write(struct pt_regs *ctx) {
  u32 failed = PT_REGS_RC(ctx) < 0;
  sizes.increment(failed);
  return 0;
}
