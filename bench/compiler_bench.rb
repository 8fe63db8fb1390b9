# redbee-cc, cold: CPU and peak memory of the whole process for a small program.
require "tempfile"
require_relative "measure"

CC = File.expand_path("../build/bin/redbee-cc", __dir__)
Tempfile.create(["small", ".c"]) do |source|
  source.write(<<~CLANG)
    BPF_HISTOGRAM(sizes);
    TRACEPOINT_PROBE(syscalls, sys_enter_write) {
      sizes.increment(bpf_log2l(args->count));
      return 0;
    }
  CLANG
  source.flush
  runs = Array.new(9) { Measure.run({}, CC, "-o", "/dev/null", source.path).cpu * 1000 }
  # ru_maxrss of the only child that a fresh Ruby has waited for.
  peak = Measure.run({}, "ruby", "-rfiddle", "-e", <<~RUBY, CC, source.path).output.to_i
    system(ARGV[0], "-o", "/dev/null", ARGV[1]) or abort "redbee-cc failed"
    usage = Fiddle::Pointer.malloc(144, Fiddle::RUBY_FREE)
    getrusage = Fiddle::Function.new(Fiddle::Handle::DEFAULT["getrusage"],
                                     [Fiddle::TYPE_INT, Fiddle::TYPE_VOIDP], Fiddle::TYPE_INT)
    getrusage.call(-1, usage)
    puts usage[32, 8].unpack1("q")
  RUBY
  Measure.report("redbee-cc, small program: CPU", ours: format("%.1f ms", Measure.median(runs)), goal: "60 ms or less")
  Measure.report("redbee-cc, small program: peak memory", ours: format("%.1f MB", peak / 1024.0),
                 goal: "80 MB or less")
end
