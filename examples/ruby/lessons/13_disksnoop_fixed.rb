# Lesson 13: disksnoop on tracepoints: a stable interface, so it runs on every kernel unchanged.
#   sudo ruby 13_disksnoop_fixed.rb
require "rbbcc"
include RbBCC

$stdout.sync = true
b = BCC.new(text: <<~CLANG)
  struct key_t { u32 dev; u64 sector; };
  struct value_t { u64 ts; char comm[TASK_COMM_LEN]; };
  struct data_t { u64 delta; u32 dev; u32 bytes; char rwbs[8]; char comm[TASK_COMM_LEN]; };
  BPF_HASH(start, struct key_t, struct value_t);
  BPF_PERF_OUTPUT(events);

  TRACEPOINT_PROBE(block, block_rq_issue) {
    struct key_t key = {};
    struct value_t value = {};
    key.dev = args->dev;
    key.sector = args->sector;
    value.ts = bpf_ktime_get_ns();
    bpf_get_current_comm(&value.comm, sizeof(value.comm));
    start.update(&key, &value);
    return 0;
  }

  TRACEPOINT_PROBE(block, block_rq_complete) {
    struct key_t key = {};
    key.dev = args->dev;
    key.sector = args->sector;
    struct value_t *value = start.lookup(&key);
    if (!value)
      return 0;
    struct data_t data = {};
    data.delta = bpf_ktime_get_ns() - value->ts;
    data.dev = args->dev;
    data.bytes = args->nr_sector * 512;
    bpf_probe_read_kernel(&data.rwbs, sizeof(data.rwbs), args->rwbs);
    bpf_probe_read_kernel(&data.comm, sizeof(data.comm), value->comm);
    events.perf_submit(args, &data, sizeof(data));
    start.delete(&key);
    return 0;
  }
CLANG

puts format("%-16s %-8s %-7s %8s %10s", "COMM", "DEV", "TYPE", "BYTES", "LAT(ms)")
b["events"].open_perf_buffer do |_cpu, data, _size|
  event = b["events"].event(data)
  device = format("%d,%d", event.dev >> 20, event.dev & 0xfffff)
  puts format("%-16s %-8s %-7s %8d %10.3f", event.comm, device, event.rwbs, event.bytes, event.delta / 1e6)
end

begin
  loop { b.perf_buffer_poll }
rescue Interrupt
  puts
end
