# CPU seconds to read and to clear 100,000 hash entries. Prints JSON.
require "rbbcc"
require "json"
count = Integer(ARGV[0] || 100_000)
bpf = RbBCC::BCC.new(text: <<~CLANG.gsub("TARGET", Process.pid.to_s).gsub("COUNT", count.to_s))
  BPF_HASH(t, u64, u64, COUNT);
  BPF_ARRAY(produced, u64, 1);
  TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
    if (bpf_get_current_pid_tgid() >> 32 != TARGET) return 0;
    int zero = 0;
    u64 *n = produced.lookup(&zero);
    if (!n) return 0;
    u64 key = *n, value = *n * 3;
    (*n)++;
    t.update(&key, &value);
    return 0;
  }
CLANG
count.times { Process.ppid }
table = bpf["t"]
measure = lambda do |&block|
  GC.start
  before = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  result = block.call
  [Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - before, result]
end
items, pairs = measure.call { table.items }
each, sum = measure.call { s = 0; table.each { |k, v| s += v.to_bcc_value - k.to_bcc_value }; s }
raise "items: #{pairs.size}" unless pairs.size == count
raise "sum #{sum}" unless sum == count * (count - 1)
pairs = nil
clear, = measure.call { table.clear }
raise "not cleared" unless table.items.empty?
puts JSON.generate(items: items, each: each, clear: clear)
