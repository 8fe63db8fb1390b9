# Nanoseconds (instructions, where the guest's clock counts them) that one kprobe source costs a read(2) of one
# byte, attached as REDBEE_ATTACH says. Runs where
# kprobes and fentry exist (a guest); the ways alternate, and the loop without a probe is subtracted.
# ARGV: calls a round, rounds. Prints JSON.
require "rbbcc"
require "json"
calls = Integer(ARGV[0] || 5_000)
rounds = Integer(ARGV[1] || 3)
TEXT = <<~CLANG
  BPF_ARRAY(count, u64, 1);
  int kprobe__vfs_read(struct pt_regs *ctx, struct file *file) { count.increment(0); return 0; }
  int kretprobe__vfs_read(struct pt_regs *ctx) { if (PT_REGS_RC(ctx)) count.increment(0); return 0; }
CLANG
ZERO = File.open("/dev/zero", "rb")
BYTE = +""

# [ns a call, programs that ran]
def measure(way, calls)
  ENV["REDBEE_ATTACH"] = way
  bpf = way && RbBCC::BCC.new(text: TEXT)
  begun = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
  calls.times { ZERO.sysread(1, BYTE) }
  took = (Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) - begun).to_f / calls
  [took, bpf ? bpf["count"][0].value : 0]
ensure
  bpf&.cleanup
end

times = Hash.new { |hash, way| hash[way] = [] }
rounds.times do
  [nil, "kprobe", "fentry"].each do |way|
    took, ran = measure(way, calls)
    abort "#{way}: #{ran} runs for #{calls} calls" if way && ran < 2 * calls
    times[way] << took
  end
end
bare, kprobe, fentry = [nil, "kprobe", "fentry"].map { |way| times[way].min }
puts JSON.generate(bare_ns: bare.round, kprobe_ns: (kprobe - bare).round, fentry_ns: (fentry - bare).round,
                   ratio: ((kprobe - bare) / (fentry - bare)).round(2))
