#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 13: lesson 6 with tracepoints, for every kernel.
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  BPF_HASH(start, u64, u64);

  TRACEPOINT_PROBE(block, block_rq_issue) {
    u64 key = args->sector, now = bpf_ktime_get_ns();
    start.update(&key, &now);
    return 0;
  }

  TRACEPOINT_PROBE(block, block_rq_complete) {
    u64 key = args->sector, *began = start.lookup(&key);
    if (!began)
      return 0;
    char kind[8];
    bpf_probe_read_kernel_str(&kind, sizeof(kind), args->rwbs);
    bpf_trace_printk("%s %d %d\\n", kind, args->nr_sector * 512, (bpf_ktime_get_ns() - *began) / 1000);
    start.delete(&key);
    return 0;
  }
CLANG

puts format("%-18s %-4s %-8s %s", "TIME(s)", "T", "BYTES", "LAT(ms)")
begin
  loop do
    _task, _pid, _cpu, _flags, ts, msg = bpf.trace_fields
    kind, bytes, micros = msg.split
    puts format("%-18s %-4s %-8s %.2f", ts, kind, bytes, micros.to_f / 1000)
    $stdout.flush
  end
rescue Interrupt
  puts
end
