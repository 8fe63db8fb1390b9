// needs: error
int look(struct pt_regs *ctx, struct file *file) {
  file->f_pos = 0;
  return 0;
}
