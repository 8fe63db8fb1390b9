# Lesson 11: the latency of file reads, with the C in a file of its own and a histogram every interval.
#   sudo ruby 11_vfsreadlat.rb [INTERVAL_SECONDS [COUNT]]
require "rbbcc"
include RbBCC

$stdout.sync = true
interval = Float(ARGV[0] || 5)
count = ARGV[1] ? Integer(ARGV[1]) : -1

b = BCC.new(src_file: "11_vfsreadlat.c")
b.attach_kprobe(event: "vfs_read", fn_name: "do_entry")
b.attach_kretprobe(event: "vfs_read", fn_name: "do_return")

puts "Tracing... Ctrl-C to end."
begin
  until count.zero?
    sleep interval
    puts
    b["dist"].print_log2_hist("usecs")
    b["dist"].clear
    count -= 1
  end
rescue Interrupt
  puts
end
