# Compares recorded stacks with what Ruby itself said of the same moments.

require "json"

# One probe of tests/programs/shapes.rb: a stack as Ruby's caller_locations gave it, and the methods, with
# their classes, of those frames that know theirs.
Probe = Struct.new(:shape, :from_ns, :to_ns, :frames, :is_taken)

# label, base_label, path, line of one frame; its method with its class, nil: not told.
Place = Struct.new(:label, :base_label, :path, :line, :method_name) do
  def to_s = "#{path}:#{line} #{label} (#{method_name})"
end

# Of a deeper stack the innermost 2048 frames are recorded, one of them the system call's own.
MAX_FRAMES = 2047

class Comparison
  attr_reader :right, :frames, :wrong, :unmatched

  def initialize(probes, samples, version)
    @probes = probes
    @samples = samples
    # From 3.4 a label has the class, "block in Foo#bar": then the recorded class names are compared too.
    @has_class_in_label = (version <=> [3, 4]) >= 0
    @right = @frames = 0
    @wrong = []
    @unmatched = []
    run
  end

  # Probes that no sample was found for.
  def missing = @probes.reject(&:is_taken)

  # Every sample from a probe's time, also those that are of no probe.
  def samples_during(probe) = @samples.select { |sample| sample["time_ns"].between?(probe.from_ns, probe.to_ns) }

  private

  # Threads overlap, so several probes may have been open when a sample was taken. Samples in order of
  # time, each to the equal probe that ends first: that pairs as many as can be paired.
  def run
    starts = @probes.map(&:from_ns)
    left = @samples.sort_by { |sample| sample["time_ns"] }.filter_map do |sample|
      stack = recorded(sample) or next
      equal = open_probes(starts, sample).select { |probe| differences(probe, stack).empty? }
      next [sample, stack] if equal.empty?
      judge(equal.min_by(&:to_ns), sample, stack)
      nil
    end
    left.each do |sample, stack|
      probe = open_probes(starts, sample).min_by { |candidate| differences(candidate, stack).size }
      probe ? judge(probe, sample, stack) : @unmatched << sample
    end
  end

  def open_probes(starts, sample)
    last = starts.bsearch_index { |from| from > sample["time_ns"] } || starts.size
    @probes[[last - 400, 0].max...last].select { |probe| !probe.is_taken && probe.to_ns >= sample["time_ns"] }
  end

  def judge(probe, sample, stack)
    probe.is_taken = true
    different = differences(probe, stack)
    @frames += [probe.frames.size, MAX_FRAMES].min
    is_cut = probe.frames.size > MAX_FRAMES
    return @right += 1 if different.empty? && is_cut == (sample["status"] == "truncated_depth")
    @wrong << [probe, different, sample["status"], stack]
  end

  # The frames from Oracle.probe outwards; nothing for another system call.
  def recorded(sample)
    frames = sample["frames"].reject { |f| f["kind"] == "kernel" }
    write, probe = frames
    return unless write && write["label"] == "pwrite" && probe["label"] == "probe"
    frames.drop(1).map do |f|
      base_label = f["base_label"] || f["label"]
      # Ruby does not name anonymous classes here.
      method = f["method"].start_with?("#<") ? base_label : f["method"]
      label = @has_class_in_label ? f["label"].delete_suffix(base_label) + method : f["label"]
      Place.new(label, base_label, f["path"], f["line"], f["method"])
    end
  end

  def differences(probe, stack)
    size = [[probe.frames.size, MAX_FRAMES].min, stack.size].max
    (0...size).reject { |i| same?(probe.frames[i], stack[i]) }
  end

  def same?(expected, got)
    return false unless expected && got
    expected.label == got.label && expected.base_label == got.base_label && expected.path == got.path &&
      expected.line == got.line && (expected.method_name || got.method_name) == got.method_name
  end
end

def read_probes(path)
  Marshal.load(File.binread(path)).map do |shape, from_ns, to_ns, frames, methods|
    places = frames.zip(methods).map { |f, method| Place.new(f[0], f[1], f[2] || "", f[3], method) }
    Probe.new(shape, from_ns, to_ns, places, false)
  end.sort_by(&:from_ns)
end

def read_samples(lines)
  lines.map { |line| JSON.parse(line) }.select { |sample| sample.key?("frames") }
end
