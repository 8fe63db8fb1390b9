// needs: tracepoint
struct switch_args {
  u64 __unused__;
  char prev_comm[16];
  int prev_pid;
};
BPF_HASH(counts, int);
int on_switch(struct switch_args *args) {
  counts.increment(args->prev_pid);
  return 0;
}
