// needs: error
int look(struct pt_regs *ctx, struct nfs_commit_data *data) {
  return data->args.count;
}
