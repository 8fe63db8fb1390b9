// needs: kprobe
BPF_HASH(start, struct request *);
void trace_start(struct pt_regs *ctx, struct request *req) {
  u64 ts = bpf_ktime_get_ns();
  start.update(&req, &ts);
}
