// needs: error
struct pair { u64 a, b, c; };
int look(struct pt_regs *ctx, struct pair pair) { return 0; }
