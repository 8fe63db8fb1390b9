# frozen_string_literal: true

# Drop-in for the rbbcc gem: eBPF tools in Ruby, without libbcc, kernel headers, or a compiler in this
# process.
module RbBCC
  # Loaded when named: no script needs all, and a start is milliseconds.
  { "clib" => %i[Clib],
    "cpu_helper" => %i[CPUHelper],
    "plugin" => %i[Plugin],
    "pointer" => %i[Pointer],
    "symbol_cache" => %i[SymbolCache],
    "table" => %i[Table],
    "table/array_table" => %i[ArrayTable],
    "table/base" => %i[TableBase],
    "table/descriptors" => %i[Descriptors DescriptorArray DescriptorHash ProgArray],
    "table/event_type" => %i[EventTypeSupported],
    "table/hash_table" => %i[HashTable LruHash LpmTrie],
    "table/histogram" => %i[Histogram],
    "table/per_cpu" => %i[PerCpu PerCpuHash LruPerCpuHash PerCpuArray],
    "table/perf_event_array" => %i[PerfEventArray],
    "table/queue_stack" => %i[QueueStack],
    "table/ring_buf" => %i[RingBuf],
    "table/stack_trace" => %i[StackTrace],
    "usdt" => %i[USDT USDTProbe] }.each do |file, names|
    names.each { |name| autoload name, "#{__dir__}/rbbcc/#{file}.rb" }
  end
end

# Loading makes garbage enough for two collections, a fifth of the time it takes: later is soon enough.
collecting_was_off = GC.disable
begin
  require_relative "rbbcc/fiddle_ext"
  require_relative "rbbcc/bcc"
  require_relative "rbbcc/version"
ensure
  GC.enable unless collecting_was_off
end
