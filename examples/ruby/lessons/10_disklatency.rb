#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 10: how long disk requests take, as a histogram. A request is known by its device and sector
# from when it is issued until it is complete.
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  struct request_t {
    u64 sector;
    u32 dev;
    u32 unused;
  };
  BPF_HASH(start, struct request_t, u64);
  BPF_HISTOGRAM(dist);

  TRACEPOINT_PROBE(block, block_rq_issue) {
    struct request_t key = {.sector = args->sector, .dev = args->dev};
    u64 now = bpf_ktime_get_ns();
    start.update(&key, &now);
    return 0;
  }

  TRACEPOINT_PROBE(block, block_rq_complete) {
    struct request_t key = {.sector = args->sector, .dev = args->dev};
    u64 *began = start.lookup(&key);
    if (!began)
      return 0;
    dist.increment(bpf_log2l((bpf_ktime_get_ns() - *began) / 1000));
    start.delete(&key);
    return 0;
  }
CLANG

puts "Tracing disk requests... Ctrl-C to end"
$stdout.flush
begin
  loop { sleep 0.2 }
rescue Interrupt
  puts
end
bpf["dist"].print_log2_hist("usecs")
