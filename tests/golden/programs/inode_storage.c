// needs: lsm
BPF_INODE_STORAGE(per_inode, u64);
LSM_PROBE(inode_unlink, struct inode *dir, struct dentry *dentry) {
  u64 *count = per_inode.inode_storage_get(dir, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (count) *count += 1;
  if (count && *count > 100) per_inode.inode_storage_delete(dir);
  return 0;
}
