#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 16: structs as keys. Counts which task was followed by which, for SECONDS (1).
#   16_task_switch.rb [SECONDS]
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  struct key_t {
    u32 prev_pid;
    u32 curr_pid;
  };
  BPF_HASH(stats, struct key_t, u64, 1024);

  TRACEPOINT_PROBE(sched, sched_switch) {
    struct key_t key = {.prev_pid = args->prev_pid, .curr_pid = args->next_pid};
    stats.increment(key);
    return 0;
  }
CLANG

sleep Float(ARGV[0] || 1)
bpf["stats"].each do |key, count|
  puts format("task_switch[%5d->%5d]=%d", key.prev_pid, key.curr_pid, count.to_bcc_value)
end
