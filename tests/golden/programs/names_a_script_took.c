// needs: kprobe
enum { READ = 7, WRITE };
int look(struct pt_regs *ctx, void *memset) { return memset ? WRITE : READ; }
