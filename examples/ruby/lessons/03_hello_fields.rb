# Lesson 3: the fields of a trace line, for every clone(2).
#   sudo ruby 03_hello_fields.rb
require "rbbcc"
include RbBCC

$stdout.sync = true
b = BCC.new(text: <<~CLANG)
  int hello(void *ctx) {
    bpf_trace_printk("Hello, World!\\n");
    return 0;
  }
CLANG
b.attach_kprobe(event: b.get_syscall_fnname("clone"), fn_name: "hello")

puts format("%-18s %-16s %-6s %s", "TIME(s)", "COMM", "PID", "MESSAGE")
begin
  b.trace_fields do |task, pid, _cpu, _flags, ts, msg|
    puts format("%-18s %-16s %-6s %s", ts, task, pid, msg)
  end
rescue Interrupt
  puts
end
