#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 9: a histogram made in the kernel; only its counters come to Ruby, at the end.
#
# Sizes of disk requests, in kilobytes, by powers of two. The original of this lesson used a kernel
# function that new kernels do not have; the tracepoint block_rq_complete stays.
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  BPF_HISTOGRAM(dist);
  BPF_HISTOGRAM(dist_linear);

  TRACEPOINT_PROBE(block, block_rq_complete) {
    u64 kilobytes = args->nr_sector / 2;
    dist.increment(bpf_log2l(kilobytes));
    dist_linear.increment(kilobytes < 63 ? kilobytes : 63);
    return 0;
  }
CLANG

puts "Tracing... Ctrl-C to end"
$stdout.flush
begin
  loop { sleep 0.2 }
rescue Interrupt
  puts
end

puts "log2 histogram"
bpf["dist"].print_log2_hist("kbytes")
puts
puts "linear histogram, the last row is 63 and more"
bpf["dist_linear"].print_linear_hist("kbytes")
