// needs: raw_tracepoint
// disasm
RAW_TRACEPOINT_PROBE(sched_switch) {
  struct task_struct *previous = (struct task_struct *)ctx->args[1];
  if (previous->pid == 0) return 0;
  bpf_trace_printk("%d of %s\n", previous->real_parent->tgid, previous->comm);
  return 0;
}
