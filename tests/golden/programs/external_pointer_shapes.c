// needs: kprobe
// disasm
// Through macros, static functions, arrays, copies, bit-fields, container_of, a table and back.
struct pair { u64 a, b; };
struct bits { u32 low : 3, high : 7; };
BPF_HASH(kept, u32, struct task_struct *);
BPF_HASH(sums, u64);
#define PARENT(task) ((task)->real_parent)
static int pid_of(struct task_struct *task) { return task->pid; }
int look(struct pt_regs *ctx, struct task_struct *task, struct pair *pair, struct bits *bits, u32 *list) {
  u32 key = 1;
  struct pair copy = *pair;
  struct task_struct **again = kept.lookup(&key);
  kept.update(&key, &task);
  sums.increment(pid_of(PARENT(PARENT(task))) + task->comm[1] + copy.b + bits->high + list[2]);
  if (again) sums.increment((*again)->tgid);
  sums.increment(container_of(&task->tgid, struct task_struct, tgid)->pid);
  return 0;
}
