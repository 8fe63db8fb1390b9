// needs: kprobe
BPF_HASH(ips, u64);
int kprobe__vfs_read(struct pt_regs *ctx) {
  ips.increment(PT_REGS_IP(ctx));
  return 0;
}
