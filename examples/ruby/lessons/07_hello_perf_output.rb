#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 7: structs from the kernel to Ruby. perf_submit sends one, event(data) gives it a method for
# each of its fields.
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  #include <linux/sched.h>

  struct data_t {
    u32 pid;
    u64 ts;
    char comm[TASK_COMM_LEN];
  };
  BPF_PERF_OUTPUT(events);

  int hello(struct pt_regs *ctx) {
    struct data_t data = {};
    data.pid = bpf_get_current_pid_tgid() >> 32;
    data.ts = bpf_ktime_get_ns();
    bpf_get_current_comm(&data.comm, sizeof(data.comm));
    events.perf_submit(ctx, &data, sizeof(data));
    return 0;
  }
CLANG
bpf.attach_kprobe(event: bpf.get_syscall_fnname("clone"), fn_name: "hello")

puts format("%-18s %-16s %-6s %s", "TIME(s)", "COMM", "PID", "MESSAGE")
start = nil
bpf["events"].open_perf_buffer do |_cpu, data, _size|
  event = bpf["events"].event(data)
  start ||= event.ts
  puts format("%-18.9f %-16s %-6d %s", (event.ts - start) / 1e9, event.comm, event.pid, "Hello, perf_output!")
  $stdout.flush
end

begin
  loop { bpf.perf_buffer_poll }
rescue Interrupt
  puts
end
