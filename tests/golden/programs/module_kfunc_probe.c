// needs: nothing
// Only on kernels with the module; here for its section and target.
MODULE_KFUNC_PROBE(nfs, nfs_file_read, struct file *file) { return 0; }
MODULE_KRETFUNC_PROBE(nfs, nfs_file_read, struct file *file, long ret) { return 0; }
