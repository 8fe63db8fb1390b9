// needs: kprobe
// A struct of the text hides the kernel's of that name, here and not inside the kernel's own.
struct nameidata { int mine; };
struct mount { long own; struct nameidata data; };
BPF_HASH(seen, struct mount);
int look(struct pt_regs *ctx, struct file *file) {
  struct mount key = {.own = file->f_inode->i_size, .data = {.mine = 4}};
  seen.increment(key);
  return 0;
}
