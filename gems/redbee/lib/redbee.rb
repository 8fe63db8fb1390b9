# frozen_string_literal: true

# eBPF for Ruby. This is the core: what rbbcc, bpfql and rbperf stand on.
module Redbee
  # The path of redbee-cc: $REDBEE_CC, else the one that came with this gem; "" leaves it to the
  # search in PATH.
  def self.compiler
    own = File.expand_path("../libexec/redbee-cc", __dir__)
    ENV.fetch("REDBEE_CC") { File.executable?(own) ? own : "" }
  end
end

require_relative "redbee/version"
require_relative "redbee/error"
require_relative "redbee/native"

# Loaded when named: reading a line of Ruby takes two microseconds, and a start is milliseconds.
{ CType: "c_type", PerfCounter: "perf_counter", Pin: "pin" }.each do |name, file|
  Redbee.autoload name, "#{__dir__}/redbee/#{file}.rb"
end
