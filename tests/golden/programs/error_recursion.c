// needs: error
static int depth(int n) { return n > 100 ? 0 : 1 + depth(n * 3) * 2; }
int look(struct pt_regs *ctx) { return depth(ctx->di); }
