// needs: error
// cc: -DBPF_LICENSE=GPL
int look(struct pt_regs *ctx) { return 0; }
