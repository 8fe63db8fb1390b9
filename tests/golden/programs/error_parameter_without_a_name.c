// needs: error
int look(struct pt_regs *ctx, struct file *, char *buf) { return 0; }
