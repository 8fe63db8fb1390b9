// needs: sk_msg
struct flow { u32 local, remote; };
BPF_SOCKHASH(flows, struct flow, 64);
BPF_SOCKMAP(sockets, 8);
int on_message(struct sk_msg_md *message) {
  struct flow flow = {.local = message->local_port, .remote = message->remote_port};
  if (flow.local == 80) return sockets.msg_redirect_map(message, 1, 0);
  return flows.msg_redirect_hash(message, &flow, BPF_F_INGRESS);
}
