#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 12: tracepoints. Their fields are members of args; /sys/kernel/tracing/events lists them all.
#
# Who asks for random bytes, and how many? (The tracepoint random:urandom_read of older kernels is
# gone; the system call's stays.)
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  TRACEPOINT_PROBE(syscalls, sys_enter_getrandom) {
    bpf_trace_printk("%d\\n", args->len);
    return 0;
  }
CLANG

puts format("%-18s %-16s %-6s %s", "TIME(s)", "COMM", "PID", "GOTBYTES")
begin
  bpf.trace_fields do |task, pid, _cpu, _flags, ts, msg|
    puts format("%-18s %-16s %-6s %s", ts, task, pid, msg)
    $stdout.flush
  end
rescue Interrupt
  puts
end
