// needs: fentry
BPF_HASH(bytes, u32);
KFUNC_PROBE(vfs_read, struct file *file, char *buf, size_t count) {
  bytes.increment(file->f_flags, count);
  return 0;
}
KRETFUNC_PROBE(vfs_read, struct file *file, char *buf, size_t count, loff_t *pos, long ret) {
  if (ret < 0) bytes.increment(0);
  return 0;
}
