// needs: kprobe
#include <linux/sched.h>
#include <net/sock.h>
#include <linux/fs.h>
#include <no/such/header.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 9, 0)
#error too old
#endif
BPF_HASH(counts, u64);
int look(struct pt_regs *ctx, struct inode *inode, struct sock *sk) {
  if (S_ISREG(inode->i_mode) && sk->__sk_common.skc_family == AF_INET6) counts.increment(PAGE_SIZE);
  counts.increment(min_t(u64, 3, HZ) + NSEC_PER_MSEC + MINOR(7) + O_CREAT + DNAME_INLINE_LEN);
  counts.increment(ntohs(inet_sk(sk)->inet_sport) + bpf_num_cpus() * 0);
  return 0;
}
