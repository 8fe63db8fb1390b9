# Calls itself in every shape a Ruby stack can have, and at each writes down what Ruby's own
# backtrace says there: the oracle that recorded stacks are compared with (tests/unwind/fidelity).
#
#   ruby shapes.rb ORACLE_FILE ROUNDS    says "ready", then waits for a line to begin
#
# Runs on Ruby 2.6 and later. Each probe is one pwrite(2) from `Oracle.probe`, which Ruby itself never makes; the oracle's lines give
# the time before and after it, so that a sample belongs to the probe whose interval it lies in.
require "fiber"

NULL = File.open("/dev/null", "w")

module Oracle
  LINES = []
  NOW = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) }

  # `methods`: what the callers' frames are, the nearest first, as Names.of says; nil: not compared.
  def self.probe(shape, *methods)
    before = NOW.call
    stack = caller_locations(0); NULL.pwrite(".", 0) # one line: the same line number in both
    LINES << [shape, before, NOW.call, stack.map { |l| [l.label, l.base_label, l.path, l.lineno] }, [nil, *methods]]
    nil
  end

  def self.save(path)
    File.binwrite(path, Marshal.dump(LINES))
  end
end

# A method with its class, as Ruby itself calls both, without addresses: "Foo#bar", "Foo.bar", "#<Object>.bar".
module Names
  INSPECT = Module.instance_method(:inspect)

  def self.of(method)
    owner = INSPECT.bind(method.owner).call.gsub(/:0x\h+/, "")
    return "#{owner}##{method.name}" unless method.owner.singleton_class?
    "#{owner.delete_prefix("#<Class:").delete_suffix(">")}.#{method.name}"
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

# Each tells its own method.
module Named
  class Outer
    class Inner
      def plain; Oracle.probe("name of a nested class", "Named::Outer::Inner#plain"); end
    end
    def self.on_class; Oracle.probe("name of def self.", Names.of(method(__method__))); end
    class << self
      def in_singleton; Oracle.probe("name in class << self", Names.of(method(__method__))); end
      attr_accessor :made
    end
    def in_block; [1].each { Oracle.probe("name in a block", Names.of(method(__method__)), Names.of([].method(:each)), Names.of(method(__method__))) }; end
    def from_c; [2, 1].sort { |_, _| Oracle.probe("name of a C method", nil, Names.of([].method(:sort))); 0 }; end
    def from_enumerable; [1].each_entry { Oracle.probe("name of an included C method", nil, nil, Names.of([].method(:each_entry))) }; end
    protected def guarded; Oracle.probe("name of a protected method", Names.of(method(__method__))); end
    def call_guarded; guarded; end
    def with_rescue; raise "x"; rescue RuntimeError; Oracle.probe("name in a rescue clause", Names.of(method(__method__))); end
    alias renamed call_guarded
  end
  class Heir < Outer
    def call_guarded; super; end
  end
  module Tools
    module_function

    def tool; Oracle.probe("name of a module_function", Names.of(method(__method__))); end
  end
  module Mixin
    def mixed; Oracle.probe("name of an included method", Names.of(method(__method__))); end
    def self.extended(base); Oracle.probe("name of a hook", Names.of(method(__method__))); end
  end
  module Ahead
    def plain; Oracle.probe("name of a prepended method", Names.of(method(__method__))); super; end
  end
  class Ahead::Of < Outer::Inner
    prepend Ahead
    def plain; super; end
  end
  Data = Struct.new(:a) { def read; Oracle.probe("name in a Struct", Names.of(method(__method__))); end }
  Made = Class.new(Outer) { def made; Oracle.probe("name in Class.new with a constant", Names.of(method(__method__))); end }
  Einfach = Module.new { def self.modular; Oracle.probe("name on Module.new", Names.of(method(__method__))); end }
  Größe = Class.new { def maß; Oracle.probe("name beyond ASCII", Names.of(method(__method__))); end }
  NAMELESS = [Class.new(Outer) do
    def hidden; Oracle.probe("name in an anonymous class", Names.of(method(__method__))); end
    def self.on_nameless; Oracle.probe("name on an anonymous class", Names.of(method(__method__))); end
  end]
  NAMELESS_MODULE = [Module.new { def hidden; Oracle.probe("name in an anonymous module", Names.of(method(__method__))); end }]
  module Finer
    refine Integer do
      def finer; Oracle.probe("name in a refinement", "#<refinement:Integer@Named::Finer>#finer"); end
    end
    refine Outer.singleton_class do
      def refined_on_class; Oracle.probe("name in a refinement of a singleton class", "#<refinement:#<Class:Named::Outer>@Named::Finer>#refined_on_class"); end
    end
  end
end
using Named::Finer
def top_level_method; Oracle.probe("name of a top-level method", Names.of(method(__method__))); end
def self.of_main; Oracle.probe("name of a method of main", Names.of(method(__method__))); end

KEPT = []  # or their classes might be gone before they are named

def names
  Named::Outer::Inner.new.plain
  Named::Outer.on_class
  Named::Outer.in_singleton
  Named::Heir.on_class
  Named::Heir.new.in_block
  Named::Outer.new.from_c
  Named::Outer.new.from_enumerable
  Named::Heir.new.call_guarded
  Named::Heir.new.renamed
  Named::Outer.new.with_rescue
  Named::Tools.tool
  KEPT << Object.new.extend(Named::Mixin).tap(&:mixed) << Class.new { include Named::Mixin }.new.tap(&:mixed)
  Named::Ahead::Of.new.plain
  Named::Data.new(1).read
  Named::Made.new.made
  Named::Einfach.modular
  Named::Größe.new.maß
  Named::NAMELESS[0].new.hidden
  Named::NAMELESS[0].on_nameless
  nested = Named::NAMELESS[0].const_set(:Nested, Class.new { def deep; Oracle.probe("name in a class of an anonymous one", Names.of(method(__method__))); end })
  nested.new.deep
  Object.new.extend(*Named::NAMELESS_MODULE).hidden
  1.finer
  Named::Outer.refined_on_class
  top_level_method
  TOPLEVEL_BINDING.receiver.of_main
  Class.new { Oracle.probe("name of Class.new itself", nil, "Class#initialize", "Class#new") }
  KEPT << single = Object.new
  def single.own; Oracle.probe("name on one object", Names.of(method(__method__))); end
  single.own
  KEPT << text = +"a"
  class << text; def own; Oracle.probe("name on one String", Names.of(method(__method__))); end; end
  text.own
  weak = ObjectSpace::WeakMap.new.tap { |map| map[single] = text }
  weak.each { |_, _| Oracle.probe("name in ObjectSpace", nil, Names.of(weak.method(:each))) }
  ENV.each { |_, _| break Oracle.probe("name on an object of C", nil, Names.of(ENV.method(:each))) }
  1.then { Oracle.probe("name in Kernel", nil, Names.of(1.method(:then))) }
  [1].each_with_object(2) { |_, _| Oracle.probe("name in Enumerable", nil, nil, Names.of([].method(:each_with_object))) }
end

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
  recurse(2000) { probe("recursion of 2000") }
  recurse(3000) { probe("recursion of 3000, deeper than is recorded") }
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
  has_fibers = !ENV["RUBY_MN_THREADS"] # Ruby 3.4 itself crashes when M:N threads resume fibers
  4.times.map { |i| Thread.new { recurse(i * 20) { probe("thread") }; fibers if has_fibers } }.each(&:join)
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
  names
  control_flow
  depths
  fibers
  threads
  ractors
  compaction
end
Oracle.save(ARGV[0])
sleep 0.5 # names may still be asked for
