# Calls itself in every shape a Ruby stack can have, and at each writes down what Ruby's own
# backtrace says there: the oracle that recorded stacks are compared with (tests/unwind/fidelity).
#
#   ruby shapes.rb ORACLE_FILE ROUNDS    says "ready", then waits for a line to begin
#
# Runs on Ruby 2.6 and later. Each probe is one pwrite(2) from `Oracle.probe`, which Ruby itself never makes; the oracle's lines give
# the time before and after it, so that a sample belongs to the probe whose interval it lies in.
require "json"
require "fiber"

NULL = File.open("/dev/null", "w")

module Oracle
  LINES = []
  NOW = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) }

  def self.probe(shape)
    before = NOW.call
    stack = caller_locations(0); NULL.pwrite(".", 0) # one line: the same line number in both
    LINES << [shape, before, NOW.call, stack.map { |l| [l.label, l.base_label, l.path, l.lineno] }]
    nil
  end

  def self.save(path)
    File.write(path, LINES.map { |shape, from, to, frames|
      JSON.generate("shape" => shape, "from_ns" => from, "to_ns" => to, "frames" => frames)
    }.join("\n"))
  end
end

def probe(shape)
  Oracle.probe(shape)
end

module Shapes
  module Included
    def from_module; probe("method of a module"); end
  end

  module Refined
    refine String do
      def shout; Oracle.probe("refinement"); end
    end
  end

  class Base
    include Included
    def plain; probe("method"); end
    def overridden; probe("super"); end
    def self.inherited_singleton; Oracle.probe("inherited singleton method"); end
    def optional(a = probe("default argument"), b: probe("keyword default")); [a, b]; end
    def method_missing(name, *args)
      name.to_s.start_with?("ghost") ? probe("method_missing") : super
    end
    def respond_to_missing?(*) true; end
    def each
      yield 1
      yield 2
    end
    include Enumerable
    def <=>(_other)
      0
    end
    def to_s; Oracle.probe("to_s by interpolation"); "x"; end
    def hash; Oracle.probe("hash by Hash#[]="); 1; end
    def coerce(other); Oracle.probe("coerce by Integer#+"); [other, 1]; end
  end

  class Derived < Base
    def overridden; super; end
    class << self
      def on_class; Oracle.probe("singleton method"); end
    end
    define_method(:defined) { probe("define_method") }
    define_method(:defined_with_argument) { |x| [x].each { probe("block in define_method") } }
    attr_accessor :callback
  end

  Anonymous = Class.new(Base) { def plain; super; end }
  NAMELESS = [Class.new { def hidden; Oracle.probe("anonymous class"); end }]
end

using Shapes::Refined

def recurse(depth, &block)
  depth.zero? ? block.call : recurse(depth - 1, &block)
end

def through_blocks(depth, &block)
  depth.zero? ? block.call : [1].each { through_blocks(depth - 1, &block) }
end

def with_ensure
  yield
ensure
  probe("ensure")
end

def with_rescue
  raise ArgumentError, "for the rescue"
rescue ArgumentError => error
  probe("rescue")
  [1].each { probe("block in rescue") }
  error
end

def with_retry(tries = 0)
  raise "again" if tries < 2
  probe("after retry")
rescue RuntimeError
  tries += 1
  retry
end

def throw_and_catch
  catch(:done) { [1].each { throw :done, probe("throw") } }
end

def many_lines(a, b)
  {
    first: a,
    second: [
      b,
      probe("multi-line literal"),
    ].compact
      .map { |x|
        probe("block in a chain")
        x
      },
  }
end

# More than 700 instructions, so that lines come from every part of the succinct line table.
LONG = +"def long_method(at)\n  sum = 0\n"
300.times { |i| LONG << "  sum += #{i} * at\n"; LONG << "  probe('long method') if at == #{i}\n" if (i % 37).zero? }
LONG << "  sum\nend\n"
eval(LONG, TOPLEVEL_BINDING, "long_method.rb", 1000)

def blocks_and_procs
  [1].each { probe("block") }
  [3, 1].map { |x| [x].each { |y| probe("nested block"); y } }
  lambda { |x| probe("lambda"); x }.call(1)
  ->(x) { [x].each { probe("block in lambda") } }.(2)
  proc { probe("proc") }.call
  method(:probe).to_proc.call("method as proc")
  method(:probe).unbind.bind(self).call("unbound method")
  :to_s.to_proc.call(Shapes::Base.new)
  instance_exec(1) { |_| probe("instance_exec") }
  1.then { probe("then") }
  1.tap { probe("tap") }
  BasicObject.new.instance_eval { ::Oracle.probe("instance_eval of a BasicObject") }
end

def c_functions
  [2, 1].sort { |a, b| probe("sort"); a <=> b }
  [2, 1].sort_by { |x| probe("sort_by"); x }
  [1, 2].max_by { |x| probe("max_by"); x }
  1.step(2) { probe("step") }
  1.upto(2) { probe("upto") }
  2.times { probe("times") }
  loop { probe("loop"); break }
  "ab".gsub(/a/) { probe("gsub"); "x" }
  "ab".each_char { |_| probe("each_char") }
  [1, 2, 3].each_slice(2) { probe("each_slice") }
  [1, 2].inject { |a, _| probe("inject"); a }
  { a: 1 }.each { |_, _| probe("Hash#each") }
  { a: 1 }.transform_values { probe("transform_values") }
  Hash.new { |h, k| probe("Hash.new"); h[k] = 1 }[:x]
  Array.new(1) { probe("Array.new") }
  Shapes::Base.new.map { |x| probe("Enumerable"); x }
  Shapes::Base.new.each_with_index { |_, _| probe("each_with_index") }
  "#{Shapes::Base.new}"
  { Shapes::Base.new => 1 }
  1 + Shapes::Base.new
  [1].each(&:to_s)
  send(:probe, "send")
  public_send(:then) { probe("public_send") }
  Comparable.instance_method(:==).bind(Shapes::Base.new).call(1)
  Struct.new(:a) { def read; Oracle.probe("Struct"); end }.new(1).read
  ObjectSpace.each_object(Class).first(1).each { probe("each_object") }
  Integer.instance_method(:times).bind(1).call { probe("bound C method") }
  at_exit_like = Object.new
  def at_exit_like.each; yield 1; end
  at_exit_like.to_enum.each { probe("to_enum") }
end

def evals
  eval("probe('eval')")
  eval("[1].each { probe('block in eval') }", binding, "evaled.rb", 40)
  binding.eval("probe('Binding#eval')")
  Shapes::Base.class_eval("def evaled; probe('class_eval'); end", "class_evaled.rb", 7)
  Shapes::Base.new.evaled
  Shapes::Base.class_eval { def evaled_block; probe("class_eval with a block"); end }
  Shapes::Base.new.evaled_block
  Shapes::Base.class_exec { Oracle.probe("class_exec") }
  "text".instance_eval("Oracle.probe('instance_eval')", "instance_evaled.rb", 3)
  Object.const_set(:"Made#{Oracle::LINES.size}", Class.new { Oracle.probe("class body") })
  eval("class EvaledClass; Oracle.probe('class in eval'); def self.m; Oracle.probe('method of it'); end; end; EvaledClass.m")
  eval("module EvaledModule\n\n  Oracle.probe('module in eval')\nend")
end

def objects
  Shapes::Base.new.plain
  Shapes::Derived.new.plain
  Shapes::Derived.new.overridden
  Shapes::Derived.on_class
  Shapes::Derived.inherited_singleton
  Shapes::Derived.new.defined
  Shapes::Derived.new.defined_with_argument(1)
  Shapes::Derived.new.ghost_method
  Shapes::Derived.new.optional
  Shapes::Derived.new.from_module
  Shapes::Anonymous.new.plain
  Shapes::NAMELESS[0].new.hidden
  single = Object.new
  def single.own; probe("singleton of an object"); end
  single.own
  "text".shout
  many_lines(1, 2)
end

def control_flow
  with_ensure { probe("yield under ensure") }
  begin
    with_ensure { raise "through ensure" }
  rescue RuntimeError
    probe("rescue modifier")
  end
  with_rescue
  with_retry
  throw_and_catch
  for i in [1] do probe("for #{i}") end
  (raise "x" rescue probe("rescue expression"))
  begin
    Integer("no")
  rescue ArgumentError
    probe("rescue from C")
  end
  case 1 when ->(x) { probe("case"); x } then nil end
end

def depths
  recurse(900) { probe("recursion of 900") }
  through_blocks(300) { probe("300 blocks deep") }
  37.step(299, 37) { |at| long_method(at) }
end

def fibers
  fiber = Fiber.new { probe("fiber"); Fiber.yield; probe("fiber resumed"); recurse(50) { probe("deep fiber") } }
  fiber.resume
  fiber.resume
  enumerator = Enumerator.new { |y| y << 1; probe("enumerator"); y << 2 }
  enumerator.next
  enumerator.next
  Fiber.new { Fiber.new { probe("fiber in fiber") }.resume }.resume
  [1, 2].each_entry.lazy.map { |x| probe("lazy"); x }.first(1)
  e = [4, 5].each
  e.next
  probe("beside an enumerator")
end

def threads
  4.times.map { |i| Thread.new { recurse(i * 20) { probe("thread") }; fibers } }.each(&:join)
end

def ractors
  return unless defined?(Ractor)
  # A Ractor cannot reach the oracle: it only has to be there, and not to confuse the main one.
  ractor = Ractor.new { 3.times.sum }
  probe("beside a ractor")
  ractor.respond_to?(:value) ? ractor.value : ractor.take
end

def compaction
  GC.start
  GC.compact if GC.respond_to?(:compact)
  probe("after compaction")
rescue NotImplementedError
  nil
end

$VERBOSE = nil
$stdout.puts "ready"
$stdout.flush
$stdin.gets
Integer(ARGV[1]).times do
  blocks_and_procs
  c_functions
  evals
  objects
  control_flow
  depths
  fibers
  threads
  ractors
  compaction
end
Oracle.save(ARGV[0])
