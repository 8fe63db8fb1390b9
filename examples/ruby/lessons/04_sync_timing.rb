#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 4: state between two events. A hash keeps the time of the last sync; when the next one comes
# within a second, the distance is printed.
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  BPF_HASH(last);

  int on_sync(struct pt_regs *ctx) {
    u64 key = 0, now = bpf_ktime_get_ns(), *before = last.lookup(&key);
    if (before) {
      u64 distance = now - *before;
      if (distance < 1000000000)
        bpf_trace_printk("%d\\n", distance / 1000000);
      last.delete(&key);
    }
    last.update(&key, &now);
    return 0;
  }
CLANG
bpf.attach_kprobe(event: bpf.get_syscall_fnname("sync"), fn_name: "on_sync")

puts "Tracing for quick syncs... Ctrl-C to end"
start = nil
begin
  bpf.trace_fields do |_task, _pid, _cpu, _flags, ts, ms|
    start ||= ts.to_f
    puts format("At time %.2f s: multiple syncs detected, last %s ms ago", ts.to_f - start, ms.chomp)
    $stdout.flush
  end
rescue Interrupt
  puts
end
