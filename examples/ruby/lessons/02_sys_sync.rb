#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 2: another system call, and a clean end. Type sync in another terminal, then Ctrl-C here.
require "rbbcc"

puts "Tracing sync... Ctrl-C to end"
begin
  RbBCC::BCC.new(text: <<~CLANG).trace_print
    int kprobe__sys_sync(void *ctx) {
      bpf_trace_printk("sync() called\\n");
      return 0;
    }
  CLANG
rescue Interrupt
  puts "done"
end
