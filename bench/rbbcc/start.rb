# BCC.new of one tracepoint program, then out. Run once per process by bench/rbbcc_bench.rb.
require "rbbcc"
RbBCC::BCC.new(text: <<~CLANG)
  BPF_HASH(counts, u32, u64);
  TRACEPOINT_PROBE(syscalls, sys_enter_sync) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    counts.increment(pid);
    return 0;
  }
CLANG
