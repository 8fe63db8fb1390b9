# Lesson 12: a tracepoint instead of a kprobe: who asks the kernel for random bytes, and how many?
# Older tutorials use random:urandom_read, which Linux 5.18 removed; getrandom(2) is what programs call.
#   sudo ruby 12_urandomread.rb
require "rbbcc"
include RbBCC

$stdout.sync = true
b = BCC.new(text: <<~CLANG)
  TRACEPOINT_PROBE(syscalls, sys_enter_getrandom) {
    // the fields are those of /sys/kernel/tracing/events/syscalls/sys_enter_getrandom/format
    bpf_trace_printk("%d\\n", args->count);
    return 0;
  }
CLANG

puts format("%-18s %-16s %-6s %s", "TIME(s)", "COMM", "PID", "BYTES")
begin
  b.trace_fields do |task, pid, _cpu, _flags, ts, bytes|
    puts format("%-18s %-16s %-6s %s", ts, task, pid, bytes)
  end
rescue Interrupt
  puts
end
