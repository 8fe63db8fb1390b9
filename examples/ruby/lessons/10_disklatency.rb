# Lesson 10: the latency of block I/O as a histogram.
#   sudo ruby 10_disklatency.rb, Ctrl-C prints it
require "rbbcc"
include RbBCC

$stdout.sync = true
b = BCC.new(text: <<~CLANG)
  #include <linux/blk-mq.h>

  BPF_HASH(start, struct request *);
  BPF_HISTOGRAM(latency);

  void trace_start(struct pt_regs *ctx, struct request *req) {
    u64 now = bpf_ktime_get_ns();
    start.update(&req, &now);
  }

  void trace_completion(struct pt_regs *ctx, struct request *req) {
    u64 *began = start.lookup(&req);
    if (began != 0) {
      u64 us = (bpf_ktime_get_ns() - *began) / 1000;
      latency.increment(bpf_log2l(us));
      start.delete(&req);
    }
  }
CLANG
b.attach_kprobe(event: "blk_mq_start_request", fn_name: "trace_start")
b.attach_kprobe(event: "blk_mq_end_request", fn_name: "trace_completion")

puts "Tracing block I/O... Ctrl-C to end."
begin
  loop { sleep 1 }
rescue Interrupt
  puts
end
b["latency"].print_log2_hist("usecs")
