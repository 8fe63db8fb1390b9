// needs: error
int look(struct pt_regs *ctx, struct task_struct *task) {
  return task->pidd;
}
