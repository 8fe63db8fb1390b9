#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 8: lesson 4 once more, with a struct instead of text.
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  struct data_t {
    u64 ts;
    u64 distance;
  };
  BPF_PERF_OUTPUT(events);
  BPF_HASH(last);

  int on_sync(struct pt_regs *ctx) {
    u64 key = 0, now = bpf_ktime_get_ns(), *before = last.lookup(&key);
    if (before && now - *before < 1000000000) {
      struct data_t data = {.ts = now, .distance = now - *before};
      events.perf_submit(ctx, &data, sizeof(data));
    }
    last.update(&key, &now);
    return 0;
  }
CLANG
bpf.attach_kprobe(event: bpf.get_syscall_fnname("sync"), fn_name: "on_sync")

puts "Tracing for quick syncs... Ctrl-C to end"
start = nil
bpf["events"].open_perf_buffer do |_cpu, data, _size|
  event = bpf["events"].event(data)
  start ||= event.ts
  puts format("At time %.2f s: multiple syncs detected, last %.1f ms ago", (event.ts - start) / 1e9, event.distance / 1e6)
  $stdout.flush
end

begin
  loop { bpf.perf_buffer_poll }
rescue Interrupt
  puts
end
