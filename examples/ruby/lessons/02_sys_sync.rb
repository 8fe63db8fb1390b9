# Lesson 2: says so whenever some program calls sync(2).
#   sudo ruby 02_sys_sync.rb, then run `sync` in another terminal
require "rbbcc"
include RbBCC

$stdout.sync = true
puts "Tracing sys_sync()... Ctrl-C to end."
begin
  BCC.new(text: <<~CLANG).trace_print
    int kprobe__sys_sync(void *ctx) {
      bpf_trace_printk("sys_sync() called\\n");
      return 0;
    }
  CLANG
rescue Interrupt
  puts
end
