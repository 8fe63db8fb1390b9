// needs: tracepoint
BPF_HISTOGRAM(dist);
TRACEPOINT_PROBE(syscalls, sys_enter_write) {
  u64 n = args->count;
  dist.increment(bpf_log2l(n) + bpf_log2(n) + ntohs(n) + htonl(n) + bpf_ntohll(n));
  unsigned __int128 wide = bpf_hton128(n) + bpf_ntoh128(n);
  dist.increment(bpf_htons(n) + bpf_ntohs(n) + bpf_ntohl(n) + bpf_htonl(n) + bpf_htonll(n) + (wide >> 64));
  u64 sum = 0;
  lock_xadd(&sum, 2);
  return sum;
}
