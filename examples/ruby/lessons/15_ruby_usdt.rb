#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 15: USDT probes, which authors put into their programs. A Ruby built with them tells here
# which files a running process requires.
#   15_ruby_usdt.rb PID
require "rbbcc"

pid = Integer(ARGV[0] || abort("usage: #{$PROGRAM_NAME} PID"))

usdt = RbBCC::USDT.new(pid: pid)
usdt.enable_probe(probe: "ruby:require__entry", fn_name: "on_require")
bpf = RbBCC::BCC.new(usdt_contexts: [usdt], text: <<~CLANG)
  struct data_t {
    u64 ts;
    char name[128];
  };
  BPF_PERF_OUTPUT(events);

  int on_require(struct pt_regs *ctx) {
    struct data_t data = {.ts = bpf_ktime_get_ns()};
    u64 address = 0;
    bpf_usdt_readarg(1, ctx, &address);
    bpf_probe_read_user_str(&data.name, sizeof(data.name), (void *)address);
    events.perf_submit(ctx, &data, sizeof(data));
    return 0;
  }
CLANG

puts format("%-18s %s", "TIME(s)", "REQUIRED")
$stdout.flush
start = nil
bpf["events"].open_perf_buffer do |_cpu, data, _size|
  event = bpf["events"].event(data)
  start ||= event.ts
  puts format("%-18.9f %s", (event.ts - start) / 1e9, event.name)
  $stdout.flush
end

begin
  loop { bpf.perf_buffer_poll }
rescue Interrupt
  puts
end
