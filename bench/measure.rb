# CPU of whole commands, measured the same way for both sides, alternating, so that a noisy moment
# hits both.
require "json"
require "open3"

module Measure
  Sample = Struct.new(:cpu, :wall, :rss_kb, :output, keyword_init: true)

  # Runs argv to its end. CPU seconds include every child it waited for.
  def self.run(env, *argv)
    before = Process.times
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    output, error, status = Open3.capture3(env, "/usr/bin/env", *argv)
    wall = Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
    after = Process.times
    raise "#{argv.join(" ")}: #{status}\n#{error}" unless status.success?

    Sample.new(cpu: after.cutime + after.cstime - before.cutime - before.cstime, wall: wall, output: output)
  end

  def self.median(values)
    sorted = values.sort
    middle = sorted.size / 2
    sorted.size.odd? ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0
  end

  # { name => block } run in turn, `times` times; returns { name => [results] }.
  def self.alternate(times, sides)
    results = sides.transform_values { [] }
    times.times { sides.each { |name, block| results[name] << block.call } }
    results
  end

  def self.report(what, ours:, theirs: nil, ratio: nil, goal: nil)
    line = format("%-52s %-18s", what, ours)
    line << format(" original %-18s", theirs) if theirs
    line << format(" %8.1fx", ratio) if ratio
    line << "   goal #{goal}" if goal
    puts line
  end
end
