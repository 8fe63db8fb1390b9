# What rbperf costs its target and itself, beside stackprof, on one program.
#   ruby bench/rbperf_bench.rb GEM_HOME_OF_STACKPROF [PAIRS]      PAIRS 0: only the recorder
#
# A sample: its time in the kernel, at two depths of the stack.
# The recorder: what it uses until it is attached, then in a steady recording of 20 seconds.
# The target: its CPU time, user's and system's, for a fixed piece of work. A pair is four pieces side by side,
# without, with, with, without, so that a drift of the machine falls on both; the attach and the first sight of
# all code are inside. Given are the median of the
# pairs' ratios, its 95 % bootstrap interval, the same of nothing beside nothing (the noise) and of the bare
# timer interrupt, which no sampler can do without.
require "open3"
require "tmpdir"
require_relative "measure"

RBPERF = File.expand_path("../build/bin/rbperf", __dir__)
PAIRS = Integer(ARGV[1] || 40)
RANDOM = Random.new(1)
STEADY_SECONDS = 20
SETTLING_SECONDS = 3  # names of what was never seen, and of kernel functions, are read in the first

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

  def work_on(threads) = @in.puts("steady #{threads}")

  def close
    Process.kill(:TERM, @pid)
    @wait.value
  end
end

# What the kernel says of the samples' cost.
def kernel_cost(said) = "#{said[/[\d.]+ µs a sample/]} of #{said[/(\d+) samples in/, 1]}"

# rbperf record on the target; what it said and used.
class Recorder
  attr_reader :attach_seconds, :attach_cpu, :said

  def initialize(pid, hertz, file, *options)
    started = now
    @in, @err, @wait = Open3.popen2e(RBPERF, "record", "--pid", pid.to_s, "-F", hertz.to_s, "-o", file, *options, "cpu")
    @said = +""
    until @said.include?("rbperf: attached")
      line = @err.gets or raise "rbperf did not attach:\n#{@said}"
      @said << line
    end
    @attach_seconds = now - started
    @attach_cpu = cpu
  end

  def cpu = Integer(File.read("/proc/#{@wait.pid}/schedstat").split.first) / 1e9
  def peak_mb = File.read("/proc/#{@wait.pid}/status")[/VmHWM:\s*(\d+)/, 1].to_i / 1024.0

  def stop
    Process.kill(:INT, @wait.pid)
    @said << @err.read
    @wait.value
  end

  private

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

# The timer alone.
class Interrupt
  def initialize(hertz)
    environment = { "RUBYLIB" => File.expand_path("../build/gem/lib", __dir__) }
    @in, @err, @wait = Open3.popen2e(environment, "ruby", File.join(__dir__, "rbperf/interrupt.rb"), hertz.to_s)
    line = @err.gets
    raise "the bare timer: #{line}#{@err.read}" unless line == "attached\n"
  end

  def stop
    Process.kill(:TERM, @wait.pid)
    @wait.value
  end
end

def bootstrap(values)
  medians = Array.new(1000) { Measure.median(Array.new(values.size) { values.sample(random: RANDOM) }) }.sort
  [medians[25], medians[974]]
end

# The ratios with to without. The block makes two segments with.
def pairs(target)
  Array.new(PAIRS) do
    before = target.segment
    with = yield
    with.sum / (before + target.segment)
  end
end

def show_cost(what, ratios, goal)
  low, high = bootstrap(ratios)
  Measure.report("target CPU, #{what}",
                 ours: format("%+.2f %% [%+.2f %+.2f]", *[Measure.median(ratios), low, high].map { |r| (r - 1) * 100 }),
                 goal: goal)
end

def show_sample(file, frames, goal)
  command = ["ruby", File.join(__dir__, "rbperf/deep.rb"), frames.to_s]
  said, = Open3.capture2e(RBPERF, "record", "-v", "-d", "5", "-F", "999", "-o", file, "cpu", "--", *command)
  Measure.report("a sample of #{frames} frames: in the kernel", ours: kernel_cost(said), goal: goal)
end

def show_recorder(gems, file, hertz, threads)
  target = Target.new(gems)
  target.work_on(threads)
  recorder = Recorder.new(target.pid, hertz, file, "-v")
  sleep SETTLING_SECONDS
  settled = recorder.cpu
  sleep STEADY_SECONDS
  share = (recorder.cpu - settled) / STEADY_SECONDS
  peak = recorder.peak_mb
  recorder.stop
  what = "rbperf at #{hertz} Hz, #{threads} thread#{"s" if threads > 1}"
  Measure.report("#{what}: share of a core, steady", ours: format("%.2f %%", 100 * share), goal: "2 % or less")
  Measure.report("#{what}: attached after", ours: format("%.0f ms (%.0f ms CPU)", *[recorder.attach_seconds, recorder.attach_cpu].map { |s| s * 1000 }), goal: "300 ms or less")
  Measure.report("#{what}: naming, in the next #{SETTLING_SECONDS} s", ours: format("%.0f ms CPU", 1000 * (settled - recorder.attach_cpu)))
  Measure.report("#{what}: peak memory", ours: format("%.1f MB", peak), goal: "60 MB or less")
  Measure.report("#{what}: in the kernel", ours: kernel_cost(recorder.said))
ensure
  target&.close
end

def show_target(gems, file)
  target = Target.new(gems)
  beside = lambda do |what, goal = nil, &start|
    ratios = pairs(target) do
      profiler = start.call
      Array.new(2) { target.segment }.tap { profiler&.stop }
    end
    show_cost(what, ratios, goal)
  end
  beside.call("nothing beside nothing (noise)") { nil }
  { 99 => "+0.5 % or less", 999 => "+2 % or less" }.each do |hertz, goal|
    beside.call("rbperf at #{hertz} Hz", goal) { Recorder.new(target.pid, hertz, file) }
    beside.call("the bare interrupt at #{hertz} Hz") { Interrupt.new(hertz) }
    show_cost("stackprof at #{hertz} Hz", pairs(target) { Array.new(2) { target.segment("stackprof #{hertz}") } }, nil)
  end
ensure
  target&.close
end

gems = ARGV.fetch(0)
Dir.mktmpdir do |directory|
  file = File.join(directory, "bench.rbperf")
  { 25 => "3 µs or less", 500 => "10 µs or less" }.each { |frames, goal| show_sample(file, frames, goal) }
  [[99, 1], [999, 1], [999, 8]].each { |hertz, threads| show_recorder(gems, file, hertz, threads) }
  show_target(gems, file) if PAIRS.positive?
end
