# How many perf-buffer events of 32 bytes a CPU second reach a Ruby block that reads two fields, and
# how many of a burst are lost. ARGV: count, pages. Prints JSON.
require "rbbcc"
require "json"
count = Integer(ARGV[0] || 200_000)
pages = Integer(ARGV[1] || 1024)
burst = ARGV[2] == "burst"
bpf = RbBCC::BCC.new(text: <<~CLANG.gsub("TARGET", Process.pid.to_s))
  struct data_t { u64 ts; u64 number; u32 pid; u32 cpu; u64 pad; };
  BPF_PERF_OUTPUT(events);
  BPF_ARRAY(produced, u64, 1);
  TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    if (pid != TARGET) return 0;
    int zero = 0;
    u64 *n = produced.lookup(&zero);
    if (!n) return 0;
    struct data_t data = {};
    data.ts = bpf_ktime_get_ns();
    data.number = *n;
    data.pid = pid;
    (*n)++;
    events.perf_submit(args, &data, sizeof(data));
    return 0;
  }
CLANG
seen = 0
sum = 0
bpf["events"].open_perf_buffer(page_cnt: pages) do |_cpu, data, _size|
  event = bpf["events"].event(data)
  sum += event.number + event.pid
  seen += 1
end
cpu = 0.0
batch = burst ? count : 1000
(count / batch).times do
  batch.times { Process.ppid }
  before = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  before_seen = seen
  loop do
    at = seen
    bpf.perf_buffer_poll(0)
    break if seen == at
  end
  cpu += Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - before if seen > before_seen
end
puts JSON.generate(seen: seen, cpu: cpu, per_cpu_second: cpu > 0 ? seen / cpu : 0, lost: count - seen)
