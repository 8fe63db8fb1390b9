# A program that does the same work again and again, one segment of about a second for each line it is sent:
#   run            a segment, unprofiled by itself
#   stackprof HZ   a segment under stackprof
# Answers with the CPU seconds, user's and system's, that the segment took. About 35 frames deep.
#   steady N       works on in N threads until it is ended; no answer
Node = Struct.new(:left, :right, :value)

def tree(depth) = depth.zero? ? nil : Node.new(tree(depth - 1), tree(depth - 1), depth)
def total(node) = node ? node.value + total(node.left) + total(node.right) : 0
def fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2)

def strings
  words = (1..300).map { |i| "word#{i * 7919 % 1000}" }
  words.group_by(&:size).transform_values { |group| group.sort.map(&:reverse).join }.values.sum(&:size)
end

def numbers = (1..2000).select(&:even?).map { |i| i * i }.each_slice(10).sum(&:first)

def nested(depth, &block) = depth.zero? ? block.call : [0].each { nested(depth - 1, &block) }

def segment
  nested(12) do
    2400.times { fib(17); strings; total(tree(9)); numbers }
  end
end

$stdout.sync = true
2.times { segment }
puts "ready #{Process.pid}"
while (line = $stdin.gets)
  command, rate = line.split
  Array.new(Integer(rate)) { Thread.new { loop { segment } } }.each(&:join) if command == "steady"
  require "stackprof" if command == "stackprof"
  GC.start
  before = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  if command == "stackprof"
    StackProf.run(mode: :cpu, interval: 1_000_000 / Integer(rate), raw: true) { segment }
  else
    segment
  end
  puts Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - before
end
