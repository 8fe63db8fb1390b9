# Resident memory of a script while events pass through its block, half by a perf buffer and half by a
# ring buffer; it must not grow. ARGV: events (10,000,000), reports (10). Prints a line a report, then
# JSON: the growth in KB from the first report on, and what was lost.
require "rbbcc"
require "json"
count = Integer(ARGV[0] || 10_000_000)
reports = Integer(ARGV[1] || 10)
bpf = RbBCC::BCC.new(text: <<~CLANG)
  struct data_t { u64 number; char comm[16]; u64 pad; };
  BPF_PERF_OUTPUT(perf);
  BPF_RINGBUF_OUTPUT(ring, 256);
  BPF_ARRAY(dropped, u64, 1);
  TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    if (bpf_get_current_pid_tgid() >> 32 != #{Process.pid}) return 0;
    struct data_t data = {.number = bpf_ktime_get_ns()};
    bpf_get_current_comm(&data.comm, sizeof(data.comm));
    if (data.number & 1) perf.perf_submit(args, &data, sizeof(data));
    else if (ring.ringbuf_output(&data, sizeof(data), 0)) dropped.increment(0);
    return 0;
  }
CLANG
seen = sum = 0
%w[perf ring].each do |name|
  handle = lambda do |_, data, _|
    event = bpf[name].event(data)
    sum += event.number & 0xff
    sum += event.comm.bytesize
    seen += 1
  end
  name == "perf" ? bpf[name].open_perf_buffer(page_cnt: 256, &handle) : bpf[name].open_ring_buffer(&handle)
end

resident = -> { File.read("/proc/self/statm").split[1].to_i * 4 }
begun = Process.clock_gettime(Process::CLOCK_MONOTONIC)
sizes = (1..reports).map do |report|
  while seen < count / reports * report
    1000.times { Process.ppid }
    bpf.perf_buffer_poll(0)
    bpf.ring_buffer_poll(0)
  end
  puts format("%10d events, %6d KB resident, %5.1f s", seen, resident.call, Process.clock_gettime(Process::CLOCK_MONOTONIC) - begun)
  $stdout.flush
  resident.call
end
puts JSON.generate(grown_kb: sizes.max - sizes.first, resident_kb: sizes.last, events: seen,
                   lost: bpf["perf"].lost + bpf["dropped"][0].value)
