// needs: error
TRACEPOINT_PROBE(random, urandom_read) {
  bpf_trace_printk("%d\n", args->got_bits);
  return 0;
}
