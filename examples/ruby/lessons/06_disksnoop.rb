#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 6: how long a disk takes, by kernel functions. Arguments of the traced function are
# parameters after ctx; a pointer among them can be followed with ->, although it is the kernel's.
#
# The functions of the block layer change from one kernel to the next, so the script tries several.
# Lesson 13 does the same with tracepoints, which do not change.
require "rbbcc"

STARTS = %w[blk_start_request blk_mq_start_request].freeze
ENDS = %w[blk_account_io_completion blk_account_io_done blk_mq_end_request].freeze

bpf = RbBCC::BCC.new(text: <<~CLANG)
  #include <linux/blkdev.h>
  struct begun_t {
    u64 at;
    u32 bytes;
    u32 unused;
  };
  BPF_HASH(start, struct request *, struct begun_t);

  int on_start(struct pt_regs *ctx, struct request *req) {
    struct begun_t begun = {.at = bpf_ktime_get_ns(), .bytes = req->__data_len};
    start.update(&req, &begun);
    return 0;
  }

  // Some of the functions run when the request has no bytes left, so the size is that of its start.
  int on_end(struct pt_regs *ctx, struct request *req) {
    struct begun_t *begun = start.lookup(&req);
    if (begun) {
      bpf_trace_printk("%d %d\\n", begun->bytes, (bpf_ktime_get_ns() - begun->at) / 1000);
      start.delete(&req);
    }
    return 0;
  }
CLANG

# Attaches to the first of these functions that this kernel has and lets us probe.
def attach_to_first(bpf, names, handler)
  refusals = []
  names.find do |name|
    bpf.attach_kprobe(event: name, fn_name: handler)
  rescue SystemCallError => error
    refusals << error.message
    nil
  end or abort ["none of #{names.join(", ")} can be probed here:", *refusals].join("\n  ")
end

attach_to_first(bpf, STARTS, "on_start")
attach_to_first(bpf, ENDS, "on_end")

puts format("%-18s %-8s %s", "TIME(s)", "BYTES", "LAT(ms)")
begin
  loop do
    _task, _pid, _cpu, _flags, ts, msg = bpf.trace_fields
    bytes, micros = msg.split
    puts format("%-18s %-8s %.2f", ts, bytes, micros.to_f / 1000)
    $stdout.flush
  end
rescue Interrupt
  puts
end
