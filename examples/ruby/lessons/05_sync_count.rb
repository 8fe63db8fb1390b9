#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 5: counting in the kernel, reading the count from Ruby.
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  BPF_HASH(counts, u32, u64);

  int on_sync(struct pt_regs *ctx) {
    counts.increment(1);
    return 0;
  }
CLANG
bpf.attach_kprobe(event: bpf.get_syscall_fnname("sync"), fn_name: "on_sync")

puts "Counting syncs... Ctrl-C to end"
begin
  loop do
    sleep 0.2
  end
rescue Interrupt
  puts "sync was called #{bpf["counts"][1].to_bcc_value} times"
end
