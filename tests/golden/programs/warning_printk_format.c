// needs: kprobe
int look(struct pt_regs *ctx) {
  bpf_trace_printk("%d %d\n", 1);
  bpf_trace_printk("%f\n", 2);
  bpf_trace_printk("%d 100%%\n", 3);
  return 0;
}
