// needs: kprobe
// disasm
// memcmp and its kin work without a declaration, also on kernel memory; the text may define its own.
struct event { char name[8]; int same; };
BPF_PERF_OUTPUT(events);
static void *memmove(void *to, const void *from, size_t n) { return (void *)from; }
int look(struct pt_regs *ctx, struct task_struct *task) {
  struct event event;
  memset(&event, 0, sizeof(event));
  memcpy(event.name, task->comm, sizeof(event.name));
  event.same = memcmp(task->comm, "ruby", 4) == 0;
  if (memmove(&event, ctx, 1) == ctx) events.perf_submit(ctx, &event, sizeof(event));
  return 0;
}
