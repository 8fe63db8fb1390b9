// needs: sk_msg
struct flow { u32 local, remote; };
BPF_SOCKHASH(flows, struct flow, 64);
int on_message(struct sk_msg_md *message) {
  struct flow flow = {.local = message->local_port, .remote = message->remote_port};
  return flows.msg_redirect_hash(message, &flow, BPF_F_INGRESS);
}
