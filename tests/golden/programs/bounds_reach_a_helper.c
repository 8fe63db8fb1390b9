// needs: kprobe
// What a size was compared with is known to the verifier when a helper gets it, however it was computed.
struct event { char text[64]; };
BPF_PERCPU_ARRAY(scratch, struct event, 1);
int copy(struct pt_regs *ctx, const char *from) {
  int zero = 0, length = PT_REGS_RC(ctx);
  struct event *event = scratch.lookup(&zero);
  if (!event || length <= 0) return 0;
  u32 size = min((size_t)64, (size_t)length);
  bpf_probe_read_user(event->text, size, from);
  u32 other = PT_REGS_PARM3(ctx);
  bpf_probe_read_user(event->text, other < 64 ? other : 64, from);
  u32 third = PT_REGS_PARM4(ctx);
  if (third > sizeof(event->text)) third = sizeof(event->text);
  bpf_probe_read_user(event->text, third, from);
  u16 fourth = bpf_get_prandom_u32();
  bpf_probe_read_user(event->text, min_t(u32, fourth, 60), from);
  return 0;
}
