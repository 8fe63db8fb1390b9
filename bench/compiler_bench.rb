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
  peak, = Open3.capture2e("/usr/bin/env", "bash", "-c", <<~BASH)
    #{CC} -o /dev/null #{source.path} & pid=$!
    peak=0
    while [ -e /proc/$pid ]; do
      now=$(sed -n 's/^VmHWM: *\\([0-9]*\\).*/\\1/p' /proc/$pid/status 2>/dev/null)
      [ "${now:-0}" -gt $peak ] && peak=$now
    done
    echo $peak
  BASH
  Measure.report("redbee-cc, small program: CPU", ours: format("%.1f ms", Measure.median(runs)), goal: "60 ms or less")
  Measure.report("redbee-cc, small program: peak memory", ours: format("%.1f MB", peak.to_i / 1024.0),
                 goal: "80 MB or less")
end
