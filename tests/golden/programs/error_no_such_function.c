// needs: error
extern int elsewhere(int n);
int look(struct pt_regs *ctx) { return elsewhere(1); }
