// needs: uprobe
struct key_t { char c[80]; };
BPF_HASH(counts, struct key_t);
int count(struct pt_regs *ctx) {
  if (!PT_REGS_PARM1(ctx)) return 0;
  struct key_t key = {};
  u64 zero = 0, *value;
  bpf_probe_read(&key.c, sizeof(key.c), (void *)PT_REGS_PARM1(ctx));
  value = counts.lookup_or_try_init(&key, &zero);
  if (value) (*value)++;
  return 0;
}
