// needs: kprobe
BPF_HISTOGRAM(sizes);
int kretprobe__vfs_read(struct pt_regs *ctx) {
  int got = PT_REGS_RC(ctx);
  if (got > 0) sizes.increment(bpf_log2l(got));
  return 0;
}
