// needs: kprobe
BPF_HASH(fds, u32);
int trace(struct pt_regs *ctx) {
  struct pt_regs *regs = PT_REGS_SYSCALL_CTX(ctx);
  u32 fd = PT_REGS_PARM1_SYSCALL(regs);
  fds.increment(fd, PT_REGS_PARM4_SYSCALL(regs));
  return 0;
}
