// needs: kprobe
BPF_ARRAY(calls, u64, 1);
int do_count() {
  calls.increment(0);
  return 0;
}
