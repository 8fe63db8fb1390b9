// needs: tracepoint
BPF_HISTOGRAM(dist);
TRACEPOINT_PROBE(syscalls, sys_enter_write) {
  u64 n = args->count;
  dist.increment(bpf_log2l(n) + bpf_log2(n) + ntohs(n) + htonl(n) + bpf_ntohll(n));
  u64 sum = 0;
  lock_xadd(&sum, 2);
  return sum;
}
