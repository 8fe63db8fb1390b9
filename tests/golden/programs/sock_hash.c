// needs: sock_ops
struct flow { u32 local, remote; };
BPF_SOCKHASH(flows, struct flow, 64);
BPF_SOCKMAP(sockets, 8);
int on_socket(struct bpf_sock_ops *ops) {
  struct flow flow = {.local = ops->local_port, .remote = ops->remote_port};
  u32 index = 0;
  flows.sock_hash_update(ops, &flow, BPF_ANY);
  sockets.sock_map_update(ops, &index, BPF_ANY);
  return 0;
}
