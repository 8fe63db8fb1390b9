# Lesson 15: USDT, probes that a program carries itself: which files does a running Ruby require?
# Debian's Ruby 3.1 is built with its probes (readelf -n libruby-3.1.so.3.1); from 3.3 on it is not.
#   ruby -e 'sleep 5; require "set"; require "json"; sleep' &
#   sudo ruby 15_ruby_requires.rb PID
require "rbbcc"
include RbBCC

$stdout.sync = true
pid = Integer(ARGV[0] || abort("usage: 15_ruby_requires.rb PID"))

u = USDT.new(pid: pid)
u.enable_probe(probe: "require__entry", fn_name: "do_require")
b = BCC.new(usdt_contexts: [u], text: <<~CLANG)
  struct data_t { u32 line; char name[64]; char source[64]; };
  BPF_PERF_OUTPUT(events);

  int do_require(struct pt_regs *ctx) {
    struct data_t data = {};
    u64 name = 0, source = 0;
    int line = 0;
    bpf_usdt_readarg(1, ctx, &name);
    bpf_usdt_readarg(2, ctx, &source);
    bpf_usdt_readarg(3, ctx, &line);
    bpf_probe_read_user_str(&data.name, sizeof(data.name), (void *)name);
    bpf_probe_read_user_str(&data.source, sizeof(data.source), (void *)source);
    data.line = line;
    events.perf_submit(ctx, &data, sizeof(data));
    return 0;
  }
CLANG

puts format("%-32s %s", "REQUIRES", "AT")
b["events"].open_perf_buffer do |_cpu, data, _size|
  event = b["events"].event(data)
  puts format("%-32s %s:%d", event.name, event.source, event.line)
end

begin
  loop { b.perf_buffer_poll }
rescue Interrupt
  puts
end
