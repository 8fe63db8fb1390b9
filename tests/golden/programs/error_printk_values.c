// needs: error
int look(struct pt_regs *ctx) {
  bpf_trace_printk("%d %d %d %d\n", 1, 2, 3, 4);
  return 0;
}
