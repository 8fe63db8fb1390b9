# Lesson 6: block I/O with its latency, by two kprobes and the request's address as the key.
# The functions that older tutorials probe (blk_start_request, blk_account_io_completion) are gone
# from current kernels; blk_mq_start_request and blk_mq_end_request do their work there.
#   sudo ruby 06_disksnoop.rb
require "rbbcc"
include RbBCC

$stdout.sync = true
REQ_OP_WRITE = 1

b = BCC.new(text: <<~CLANG)
  #include <linux/blk-mq.h>

  BPF_HASH(start, struct request *);

  void trace_start(struct pt_regs *ctx, struct request *req) {
    u64 now = bpf_ktime_get_ns();
    start.update(&req, &now);
  }

  void trace_completion(struct pt_regs *ctx, struct request *req) {
    u64 *began = start.lookup(&req);
    if (began != 0) {
      u64 delta = bpf_ktime_get_ns() - *began;
      bpf_trace_printk("%d %x %d\\n", req->__data_len, req->cmd_flags, delta / 1000);
      start.delete(&req);
    }
  }
CLANG
b.attach_kprobe(event: "blk_mq_start_request", fn_name: "trace_start")
b.attach_kprobe(event: "blk_mq_end_request", fn_name: "trace_completion")

puts format("%-18s %-2s %-7s %8s", "TIME(s)", "T", "BYTES", "LAT(ms)")
begin
  loop do
    _task, _pid, _cpu, _flags, ts, msg = b.trace_fields
    bytes, flags, us = msg.split
    next if bytes.to_i.zero?   # a flush has no data

    type = (flags.to_i(16) & 1) == REQ_OP_WRITE ? "W" : "R"
    puts format("%-18s %-2s %-7s %8.2f", ts, type, bytes, us.to_f / 1000)
  end
rescue Interrupt
  puts
end
