# Lesson 5: lesson 4 with a counter of all calls, fast or slow, in the same hash.
#   sudo ruby 05_sync_count.rb, then run `sync` a few times in another terminal
require "rbbcc"
include RbBCC

$stdout.sync = true
b = BCC.new(text: <<~CLANG)
  BPF_HASH(last);

  int do_trace(struct pt_regs *ctx) {
    u64 when = 0, counter = 1, zero = 0;
    u64 *count = last.lookup_or_try_init(&counter, &zero);
    if (!count)
      return 0;
    (*count)++;

    u64 *previous = last.lookup(&when);
    if (previous != NULL) {
      u64 delta = bpf_ktime_get_ns() - *previous;
      if (delta < 1000000000)
        bpf_trace_printk("%d %d\\n", *count, delta / 1000000);
      last.delete(&when);
    }
    u64 now = bpf_ktime_get_ns();
    last.update(&when, &now);
    return 0;
  }
CLANG
b.attach_kprobe(event: b.get_syscall_fnname("sync"), fn_name: "do_trace")
puts "Tracing for quick syncs... Ctrl-C to end."

start = nil
begin
  b.trace_fields do |_task, _pid, _cpu, _flags, ts, msg|
    start ||= ts.to_f
    count, ms = msg.split
    puts format("At time %.2f s: multiple syncs detected, last %s ms ago, %s calls so far", ts.to_f - start, ms, count)
  end
rescue Interrupt
  puts
  puts format("%d calls of sync", b["last"][1].to_bcc_value)
end
