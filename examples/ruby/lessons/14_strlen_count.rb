#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 14: functions of user programs. Counts the strings that are measured with strlen(3), in every
# process, or in one:
#   14_strlen_count.rb [PID]
require "rbbcc"

bpf = RbBCC::BCC.new(text: <<~CLANG)
  #include <uapi/linux/ptrace.h>

  struct key_t {
    char c[80];
  };
  BPF_HASH(counts, struct key_t);

  int count(struct pt_regs *ctx) {
    if (!PT_REGS_PARM1(ctx))
      return 0;
    struct key_t key = {};
    u64 zero = 0, *value;
    bpf_probe_read_user_str(&key.c, sizeof(key.c), (void *)PT_REGS_PARM1(ctx));
    value = counts.lookup_or_try_init(&key, &zero);
    if (value)
      __sync_fetch_and_add(value, 1);
    return 0;
  }
CLANG
bpf.attach_uprobe(name: "c", sym: "strlen", fn_name: "count", pid: Integer(ARGV[0] || -1))

puts "Tracing strlen()... Ctrl-C to end"
$stdout.flush
begin
  loop { sleep 0.2 }
rescue Interrupt
  puts
end

puts format("%10s %s", "COUNT", "STRING")
bpf["counts"].items.sort_by { |_key, count| count.to_bcc_value }.each do |key, count|
  puts format("%10d %s", count.to_bcc_value, key.c.inspect)
end
