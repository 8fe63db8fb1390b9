// needs: xdp
BPF_DEVMAP(devices, 4);
BPF_CPUMAP(cpus, 4);
BPF_XSKMAP(sockets, 4);
BPF_XDP_REDIRECT_MAP("devmap", int, others, 4);
int redirect(struct xdp_md *ctx) {
  if (ctx->rx_queue_index == 1) return devices.redirect_map(0, 0);
  if (ctx->rx_queue_index == 2) return sockets.redirect_map(1, 0);
  if (ctx->rx_queue_index == 3) return others.redirect_map(0, 0);
  return cpus.redirect_map(1, 0);
}
