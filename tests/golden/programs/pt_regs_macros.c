// needs: kprobe
struct event { u64 p1, p2, p3, p4, p5, p6, rc, ip, sp, fp, ret; };
BPF_PERF_OUTPUT(events);
int read_all(struct pt_regs *ctx) {
  struct event e = {PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx), PT_REGS_PARM4(ctx),
                    PT_REGS_PARM5(ctx), PT_REGS_PARM6(ctx), PT_REGS_RC(ctx), PT_REGS_IP(ctx),
                    PT_REGS_SP(ctx), PT_REGS_FP(ctx), PT_REGS_RET(ctx)};
  events.perf_submit(ctx, &e, sizeof(e));
  return 0;
}
