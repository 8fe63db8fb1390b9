#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 3: attaching by hand, and the parts of a trace line. get_syscall_fnname knows what this
# machine calls the kernel's side of clone(2).
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  int hello(void *ctx) {
    bpf_trace_printk("Hello, World!\\n");
    return 0;
  }
CLANG
bpf.attach_kprobe(event: bpf.get_syscall_fnname("clone"), fn_name: "hello")

puts format("%-18s %-16s %-6s %s", "TIME(s)", "COMM", "PID", "MESSAGE")
begin
  bpf.trace_fields do |task, pid, _cpu, _flags, ts, msg|
    puts format("%-18s %-16s %-6s %s", ts, task, pid, msg)
    $stdout.flush
  end
rescue Interrupt
  puts
end
