// needs: kprobe
// disasm
int say(struct pt_regs *ctx) {
  char format[] = "%d\n";
  bpf_trace_printk(format, sizeof(format), 7);
  bpf_trace_printk("plain\n");
  bpf_trace_printk("%s %d %lx\n", "text", 1, 2UL);
  return 0;
}
