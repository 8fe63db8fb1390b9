# Lesson 4: how long ago was the last sync(2)? The answer lives in a hash between two calls.
#   sudo ruby 04_sync_timing.rb, then run `sync; sync` in another terminal
require "rbbcc"
include RbBCC

$stdout.sync = true
b = BCC.new(text: <<~CLANG)
  BPF_HASH(last);

  int do_trace(struct pt_regs *ctx) {
    u64 key = 0, *previous = last.lookup(&key);
    if (previous != NULL) {
      u64 delta = bpf_ktime_get_ns() - *previous;
      if (delta < 1000000000)   // output only when less than a second has passed
        bpf_trace_printk("%d\\n", delta / 1000000);
      last.delete(&key);
    }
    u64 now = bpf_ktime_get_ns();
    last.update(&key, &now);
    return 0;
  }
CLANG
b.attach_kprobe(event: b.get_syscall_fnname("sync"), fn_name: "do_trace")
puts "Tracing for quick syncs... Ctrl-C to end."

start = nil
begin
  b.trace_fields do |_task, _pid, _cpu, _flags, ts, ms|
    start ||= ts.to_f
    puts format("At time %.2f s: multiple syncs detected, last %s ms ago", ts.to_f - start, ms.chomp)
  end
rescue Interrupt
  puts
end
