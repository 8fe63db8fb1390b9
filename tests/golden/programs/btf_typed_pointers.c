// needs: lsm
// disasm
// Pointers of a BTF-typed program are followed directly, by type; others are probe-read.
BPF_INODE_STORAGE(per_inode, u64);
BPF_HASH(sizes, u64, u64);
LSM_PROBE(file_open, struct file *file) {
  struct inode *inode = file->f_inode;
  u64 *count = per_inode.inode_storage_get(inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (count) *count += inode->i_size;
  u64 first = *(u64 *)file->f_path.dentry->d_name.name;
  sizes.increment(first, inode->i_sb->s_magic);
  return 0;
}
