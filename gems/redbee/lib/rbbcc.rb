# frozen_string_literal: true

# Drop-in for the rbbcc gem: eBPF tools in Ruby, without libbcc, kernel headers, or a compiler in this
# process.
module RbBCC
  autoload :Plugin, "rbbcc/plugin"
  autoload :Pointer, "rbbcc/pointer"
end

require "rbbcc/fiddle_ext"
require "rbbcc/bcc"
require "rbbcc/clib"
require "rbbcc/usdt"
require "rbbcc/symbol_cache"
require "rbbcc/version"
