# Work that is done by C code: in zlib, in a Digest extension, in Array#sort, in big numbers. Goes on for
# the seconds of CPU time that it is told on standard input.
require "digest"
require "zlib"

TEXT = Array.new(20_000) { |i| (i * 7919 % 251).chr }.join
BYTES = TEXT.bytes
BIG = 3**9000
LONG = TEXT * 10   # a tenth of the time and more for each

def packed = Zlib::Deflate.deflate(LONG)
def digested = Digest::SHA256.digest(LONG)
def sorted = BYTES.sort
def multiplied = 100.times { BIG * BIG }

$stdout.sync = true
puts "ready"
stop = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) + Float($stdin.gets)
while Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) < stop
  packed
  digested
  sorted
  multiplied
end
