# rbbcc beside the original, in one run: start, events, tables.
#   ruby bench/rbbcc_bench.rb GEM_HOME_OF_THE_ORIGINAL
require "tmpdir"
require_relative "measure"

ROOT = File.expand_path("..", __dir__)
ORIGINAL = { "GEM_HOME" => ARGV.fetch(0), "RUBYLIB" => nil }.freeze
OURS = { "RUBYLIB" => File.join(ROOT, "build/gem/lib"), "GEM_HOME" => nil }.freeze

def script(env, name, *args)
  Measure.run(env, "ruby", File.join(__dir__, "rbbcc", name), *args.map(&:to_s))
end

def json(env, name, *args) = JSON.parse(script(env, name, *args).output.lines.last)

def start_times
  Dir.mktmpdir do |dir|
    cache = OURS.merge("REDBEE_CACHE" => dir)
    script(cache, "start.rb")
    runs = Measure.alternate(7,
                             bare: -> { Measure.run({}, "ruby", "-e", "1").cpu },
                             original: -> { script(ORIGINAL, "start.rb").cpu },
                             cold: -> { script(OURS.merge("REDBEE_CACHE" => "off"), "start.rb").cpu },
                             warm: -> { script(cache, "start.rb").cpu })
    medians = runs.transform_values { |values| Measure.median(values) }
    bare = medians.delete(:bare)
    medians.transform_values { |value| (value - bare) * 1000 }
  end
end

start = start_times
{ cold: "4x", warm: "25x" }.each do |kind, goal|
  Measure.report("BCC.new #{kind}: CPU ms above bare Ruby", ours: format("%.1f ms", start[kind]),
                 theirs: format("%.1f ms", start[:original]), ratio: start[:original] / start[kind], goal: goal)
end

events = Measure.alternate(3, original: -> { json(ORIGINAL, "events.rb", 100_000, 1024) },
                              ours: -> { json(OURS, "events.rb", 500_000, 1024) })
rates = events.transform_values { |runs| Measure.median(runs.map { |run| run["per_cpu_second"] }) }
Measure.report("perf_buffer_poll: events a CPU second", ours: rates[:ours].round, theirs: rates[:original].round,
               ratio: rates[:ours] / rates[:original], goal: "8x, 1,000,000")

burst = Measure.alternate(1, original: -> { json(ORIGINAL, "events.rb", 200_000, 1024, "burst") },
                             ours: -> { json(OURS, "events.rb", 200_000, 1024, "burst") })
Measure.report("lost of a burst of 200,000 at 1,024 pages", ours: burst[:ours][0]["lost"],
               theirs: burst[:original][0]["lost"], goal: "0")

tables = Measure.alternate(3, original: -> { json(ORIGINAL, "tables.rb") }, ours: -> { json(OURS, "tables.rb") })
%w[items each clear].each do |what|
  original, ours = %i[original ours].map { |side| Measure.median(tables[side].map { |run| run[what] }) }
  Measure.report("100,000 hash entries, #{what}: CPU s", ours: format("%.3f s", ours),
                 theirs: format("%.3f s", original), ratio: original / ours, goal: "20x")
end
