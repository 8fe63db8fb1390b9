// needs: kprobe
BPF_ARRAY(slots, u64, 4);
int look(struct pt_regs *ctx) {
  int index = 1;
  u64 value = 2;
  slots.insert(&index, &value);
  slots.update(&index, &value);
  return 0;
}
