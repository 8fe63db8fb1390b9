// needs: kprobe
enum { READ = 7, WRITE };
int look(struct pt_regs *ctx, int memset) { return memset == WRITE ? READ : 0; }
