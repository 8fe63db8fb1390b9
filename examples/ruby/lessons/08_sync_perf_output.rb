# Lesson 8: lesson 4 again, with a perf buffer instead of the shared trace pipe.
#   sudo ruby 08_sync_perf_output.rb, then run `sync; sync` in another terminal
require "rbbcc"
include RbBCC

$stdout.sync = true
b = BCC.new(text: <<~CLANG)
  struct data_t {
    u32 pid;
    u64 ts;
    u64 delta;
  };
  BPF_PERF_OUTPUT(events);
  BPF_HASH(last);

  int do_trace(struct pt_regs *ctx) {
    u64 key = 0, now = bpf_ktime_get_ns();
    u64 *previous = last.lookup(&key);
    if (previous != NULL && now - *previous < 1000000000) {
      struct data_t data = {};
      data.pid = bpf_get_current_pid_tgid() >> 32;
      data.ts = now;
      data.delta = now - *previous;
      events.perf_submit(ctx, &data, sizeof(data));
    }
    last.update(&key, &now);
    return 0;
  }
CLANG
b.attach_kprobe(event: b.get_syscall_fnname("sync"), fn_name: "do_trace")
puts "Tracing for quick syncs... Ctrl-C to end."

start = nil
b["events"].open_perf_buffer do |_cpu, data, _size|
  event = b["events"].event(data)
  start ||= event.ts
  puts format("At time %.2f s: multiple syncs detected by %d, last %d ms ago",
              (event.ts - start) / 1e9, event.pid, event.delta / 1_000_000)
end

begin
  loop { b.perf_buffer_poll }
rescue Interrupt
  puts
end
