# What rbperf costs its target and itself, beside stackprof, on one program: alternating pairs of a
# segment with and without a profiler, the median of the ratios, and its 95 % bootstrap interval.
#   ruby bench/rbperf_bench.rb GEM_HOME_OF_STACKPROF [PAIRS]
require "open3"
require "tmpdir"
require_relative "measure"

RBPERF = File.expand_path("../build/bin/rbperf", __dir__)
PAIRS = Integer(ARGV[1] || 40)
RANDOM = Random.new(1)

# The target program and one measured segment of it.
class Target
  attr_reader :pid

  def initialize(gems)
    @in, @out, @wait = Open3.popen2({ "GEM_HOME" => gems }, "ruby", File.join(__dir__, "rbperf/target.rb"))
    @pid = @out.gets[/\d+/].to_i
  end

  def segment(command = "run")
    @in.puts(command)
    Float(@out.gets)
  end

  def close
    @in.close
    @wait.value
  end
end

# rbperf record on the target while the block runs; what it said and used.
class Recorder
  attr_reader :attach_seconds, :cpu, :wall, :peak_kb

  def initialize(pid, hertz, file)
    @started = now
    @in, @err, @wait = Open3.popen2e(RBPERF, "record", "--pid", pid.to_s, "-F", hertz.to_s, "-o", file, "cpu")
    @lines = []
    while (line = @err.gets)
      @lines << line
      break if line.include?("rbperf: attached")
    end
    raise "rbperf did not attach:\n#{@lines.join}" unless line

    @attach_seconds = now - @started
    @at = now
    @cpu_at = process_cpu
  end

  def stop
    @cpu = process_cpu - @cpu_at
    @wall = now - @at
    @peak_kb = File.read("/proc/#{@wait.pid}/status")[/VmHWM:\s*(\d+)/, 1].to_i
    Process.kill(:INT, @wait.pid)
    @err.read
    @wait.value
  end

  private

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  def process_cpu
    fields = File.read("/proc/#{@wait.pid}/stat").split(") ").last.split
    (fields[11].to_i + fields[12].to_i) / 100.0
  end
end

def bootstrap(values)
  medians = Array.new(1000) { Measure.median(Array.new(values.size) { values.sample(random: RANDOM) }) }.sort
  [medians[25], medians[974]]
end

# [ratio with to without] of PAIRS pairs, each pair in random order.
def pairs(target)
  Array.new(PAIRS) do
    with_first = RANDOM.rand(2).zero?
    without = target.segment unless with_first
    with = yield
    without = target.segment if with_first
    with / without
  end
end

def show(what, ratios, goal)
  low, high = bootstrap(ratios)
  Measure.report("target CPU, #{what}",
                 ours: format("%+.2f %% [%+.2f %+.2f]", *[Measure.median(ratios), low, high].map { |r| (r - 1) * 100 }),
                 goal: goal)
end

target = Target.new(ARGV.fetch(0))
Dir.mktmpdir do |dir|
  file = File.join(dir, "bench.rbperf")
  show("nothing beside nothing (noise)", pairs(target) { target.segment }, nil)
  { 99 => "+0.5 % or less", 999 => "+2 % or less" }.each do |hertz, goal|
    recorders = []
    ratios = pairs(target) do
      recorder = Recorder.new(target.pid, hertz, file)
      cpu = target.segment
      recorder.stop
      recorders << recorder
      cpu
    end
    show("rbperf at #{hertz} Hz", ratios, goal)
    show("stackprof at #{hertz} Hz", pairs(target) { target.segment("stackprof #{hertz}") }, nil)
    Measure.report("rbperf at #{hertz} Hz: recorder's share of a core",
                   ours: format("%.2f %%", 100 * recorders.sum(&:cpu) / recorders.sum(&:wall)), goal: "2 % or less")
    Measure.report("rbperf at #{hertz} Hz: recorder's peak memory",
                   ours: format("%.1f MB", recorders.map(&:peak_kb).max / 1024.0), goal: "60 MB or less")
    Measure.report("rbperf at #{hertz} Hz: attached after",
                   ours: format("%.0f ms", 1000 * Measure.median(recorders.map(&:attach_seconds))), goal: "300 ms or less")
  end
end
target.close
