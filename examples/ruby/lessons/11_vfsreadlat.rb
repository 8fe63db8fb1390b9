#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 11: C in a file of its own, entry and return of a kernel function, and a histogram every few
# seconds. Needs a kernel with kprobes, or with fentry.
#   11_vfsreadlat.rb [INTERVAL [COUNT]]
require "rbbcc"

interval = Float(ARGV[0] || 5)
count = ARGV[1] ? Integer(ARGV[1]) : Float::INFINITY

bpf = RbBCC::BCC.new(src_file: "11_vfsreadlat.c")
bpf.attach_kprobe(event: "vfs_read", fn_name: "on_entry")
bpf.attach_kretprobe(event: "vfs_read", fn_name: "on_return")

puts "Tracing vfs_read... Ctrl-C to end"
begin
  1.step do |round|
    sleep interval
    puts Time.now.strftime("%H:%M:%S")
    bpf["dist"].print_log2_hist("usecs")
    bpf["dist"].clear
    $stdout.flush
    break if round >= count
  end
rescue Interrupt
  puts
end
