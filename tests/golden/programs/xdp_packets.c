// needs: xdp
BPF_HASH(protocols, u32);
int count(struct xdp_md *ctx) {
  void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
  struct ethhdr *eth = data;
  if (data + sizeof(*eth) > end) return XDP_PASS;
  u32 protocol = bpf_ntohs(eth->h_proto);
  protocols.increment(protocol);
  return XDP_PASS;
}
