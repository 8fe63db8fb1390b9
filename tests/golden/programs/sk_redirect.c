// needs: sk_skb
struct flow { u32 local, remote; };
BPF_SOCKHASH(flows, struct flow, 64);
BPF_SOCKMAP(sockets, 8);
int on_packet(struct __sk_buff *skb) {
  struct flow flow = {.local = skb->local_port, .remote = skb->remote_port};
  if (flow.local == 80) return sockets.sk_redirect_map(skb, 1, 0);
  return flows.sk_redirect_hash(skb, &flow, BPF_F_INGRESS);
}
