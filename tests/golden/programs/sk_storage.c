// needs: cgroup_skb
BPF_SK_STORAGE(per_socket, u64);
int count(struct __sk_buff *skb) {
  struct bpf_sock *sk = skb->sk;
  if (!sk) return 1;
  sk = bpf_sk_fullsock(sk);
  if (!sk) return 1;
  u64 *count = per_socket.sk_storage_get(sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
  if (count) *count += 1;
  if (count && *count > 100) per_socket.sk_storage_delete(sk);
  return 1;
}
