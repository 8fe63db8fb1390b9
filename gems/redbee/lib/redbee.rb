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
require_relative "redbee/c_type"
require_relative "redbee/map"

Redbee.autoload :PerfCounter, "#{__dir__}/redbee/perf_counter.rb"
