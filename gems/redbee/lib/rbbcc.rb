# frozen_string_literal: true

# Drop-in for the rbbcc gem: eBPF tools in Ruby, without libbcc, kernel headers, or a compiler in this
# process.
module RbBCC
  autoload :Plugin, "rbbcc/plugin"
  autoload :Pointer, "rbbcc/pointer"
  # Loaded when named: most scripts need neither, and a start is milliseconds.
  autoload :Clib, "rbbcc/clib"
  autoload :USDT, "rbbcc/usdt"
  autoload :USDTProbe, "rbbcc/usdt"
end

# Loading makes garbage enough for two collections, a fifth of the time it takes: later is soon enough.
collecting_was_off = GC.disable
begin
  require_relative "rbbcc/fiddle_ext"
  require_relative "rbbcc/bcc"
  require_relative "rbbcc/symbol_cache"
  require_relative "rbbcc/version"
ensure
  GC.enable unless collecting_was_off
end
