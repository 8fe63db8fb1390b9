# Work that is done by C code: in zlib, in a Digest extension, in Array#sort, in big numbers. Goes on for
# the seconds of CPU time that it is told on standard input.
require "digest"
require "zlib"

TEXT = Array.new(20_000) { |i| (i * 7919 % 251).chr }.join
BYTES = TEXT.bytes
BIG = 3**9000

def packed = Zlib::Deflate.deflate(TEXT)
def digested = Digest::SHA256.digest(TEXT)
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
