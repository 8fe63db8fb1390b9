// needs: maps
BPF_TABLE("extern", u32, u64, offered, 64);
int count(void *ctx) {
  u32 key = 1;
  u64 *found = offered.lookup(&key);
  if (found) offered.delete(&key);
  return 0;
}
