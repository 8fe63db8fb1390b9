#!/usr/bin/env ruby
# frozen_string_literal: true

# Traces a program that this script starts, and nothing else: how large are its writes? The program
# says itself what it wrote, so that you can see that the kernel counted right.
require "rbbcc"

WRITES = { 10 => 400, 100 => 200, 1_000 => 100, 5_000 => 50 }.freeze

CHILD = <<~RUBY
  $stdin.gets
  sink = File.open("/dev/null", "w")
  #{WRITES}.each { |size, times| times.times { sink.syswrite("x" * size) } }
RUBY

bpf = RbBCC::BCC.new(text: <<~CLANG)
  BPF_ARRAY(watched, u32, 1);
  BPF_HISTOGRAM(sizes);

  TRACEPOINT_PROBE(syscalls, sys_enter_write) {
    int zero = 0;
    u32 *pid = watched.lookup(&zero);
    if (!pid || bpf_get_current_pid_tgid() >> 32 != *pid)
      return 0;
    sizes.increment(bpf_log2l(args->count));
    return 0;
  }
CLANG

IO.popen([RbConfig.ruby, "-e", CHILD], "w") do |child|
  bpf["watched"][0] = child.pid
  child.puts "go"
end

puts "The child wrote:"
WRITES.each { |size, times| puts format("  %4d times %5d bytes", times, size) }
puts
puts "The kernel saw these sizes of write(2), in powers of two:"
bpf["sizes"].print_log2_hist("bytes")
