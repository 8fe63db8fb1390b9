// needs: kprobe
// disasm
// Parameters come from the registers, external pointers are probe-read.
BPF_HASH(bytes, u32);
int kprobe__vfs_read(struct pt_regs *ctx, struct file *file, char *buf, size_t count) {
  u32 pid = bpf_get_current_pid_tgid();
  if (file->f_inode->i_size > 4096) bytes.increment(pid, count);
  return 0;
}
