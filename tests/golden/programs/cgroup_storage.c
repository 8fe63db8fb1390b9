// needs: cgroup_skb
BPF_CGROUP_STORAGE(per_cgroup, u64);
int count(struct __sk_buff *skb) {
  u64 *bytes = per_cgroup.get_local_storage(0);
  __sync_fetch_and_add(bytes, skb->len);
  return 1;
}
