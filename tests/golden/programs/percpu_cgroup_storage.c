// needs: cgroup_skb
BPF_PERCPU_CGROUP_STORAGE(per_cpu, u64);
int count(struct __sk_buff *skb) {
  u64 *bytes = per_cpu.get_local_storage(0);
  *bytes += skb->len;
  return 1;
}
