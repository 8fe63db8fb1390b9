// needs: error
int helper(int n) { return n; }
int look(struct pt_regs *ctx) { return helper(1); }
