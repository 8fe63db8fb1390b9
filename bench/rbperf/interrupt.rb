# A timer on every CPU with a program that returns at once: what sampling costs before anything is sampled.
#   ruby interrupt.rb HZ      until it is ended
require "rbbcc"

bpf = RbBCC::BCC.new(text: "int nothing(void *ctx) { return 0; }")
bpf.attach_perf_event(ev_type: 1, ev_config: 0, fn_name: "nothing", sample_freq: Integer(ARGV.fetch(0)))  # CPU clock
warn "attached"
sleep
