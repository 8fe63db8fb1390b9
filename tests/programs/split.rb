# Spends 50, 30 and 20 % of its CPU time in half, third and fifth, and says what it measured itself.
require "json"

CPU = -> { Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) }
SPENT = Hash.new(0.0)

def spin(seconds)
  start = CPU.call
  nil while CPU.call - start < seconds
end

def measured(name)
  start = CPU.call
  yield
  SPENT[name] += CPU.call - start
end

def half; spin(0.05); end
def third; spin(0.03); end
def fifth; spin(0.02); end

puts "ready"
$stdout.flush
$stdin.gets
30.times do
  measured("half") { half }
  measured("third") { third }
  measured("fifth") { fifth }
end
total = SPENT.values.sum
puts JSON.generate(SPENT.transform_values { |seconds| 100 * seconds / total })
