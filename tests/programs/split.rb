# Three threads spend 60, 30 and 10 % of the CPU time, each of them 50, 30 and 20 % of its own in half, third and
# fifth. What each thread spent in each method it measures itself, by its own CPU clock.
require "json"

THREADS = { "alpha" => 6, "beta" => 3, "gamma" => 1 }.freeze
CPU = -> { Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID) }

def spin(seconds)
  start = CPU.call
  nil while CPU.call - start < seconds
end

def half(unit) = spin(5 * unit)
def third(unit) = spin(3 * unit)
def fifth(unit) = spin(2 * unit)

def measured
  start = CPU.call
  yield
  CPU.call - start
end

def run(weight)
  spent = Hash.new(0.0)
  30.times { %i[half third fifth].each { |name| spent[name] += measured { send(name, 0.001 * weight) } } }
  spent
end

puts "ready"
$stdout.flush
$stdin.gets
threads = THREADS.map { |name, weight| Thread.new { run(weight) }.tap { |thread| thread.name = name } }
puts JSON.generate(THREADS.keys.zip(threads.map(&:value)).to_h)
