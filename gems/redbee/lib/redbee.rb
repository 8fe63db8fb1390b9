# frozen_string_literal: true

# eBPF for Ruby. This is the core: what rbbcc, bpfql and rbperf stand on.
module Redbee
end

require "redbee/version"
require "redbee/error"
require "redbee/native"
require "redbee/c_type"
require "redbee/map"
