# frozen_string_literal: true

require_relative "helper"
require_relative "contract"
require "rbbcc/pointer"
require "rbbcc/invoker"

# Every public method of rbbcc is there and can be called as there.
class ContractTest < Minitest::Test
  def self.method_of(place)
    return Object.const_get($1).instance_method($2) if place =~ /\A([\w:]+)#(.+)\z/

    place =~ /\A([\w:]+)\.(.+)\z/
    owner = Object.const_get($1)
    owner.is_a?(Class) && $2 == "new" ? constructor(owner) : owner.method($2)
  end

  def self.constructor(owner)
    owner.method(:new).owner == Class ? owner.instance_method(:initialize) : owner.method(:new)
  end

  CONTRACT.each_line(chomp: true) do |line|
    place, *parameters = line.split
    define_method("test_#{place}_takes_what_it_took") { check(self.class.method_of(place), parameters) }
  end

  # name, what `defined?` or a script's constant lookup must find
  %w[BCC USDT BPF Table HashTable ArrayTable PerfEventArray RingBuf StackTrace TableBase Clib SymbolCache
     CPUHelper DisplayHelper EventTypeSupported USDTProbe Util TRACEFS SYSCALL_PREFIXES VERSION Pointer
     Plugin].each do |name|
    define_method("test_constant_#{name}_exists") { assert RbBCC.const_defined?(name) }
  end

  %w[version usdt invoker plugin consts table clib debug symbol_cache disp_helper cpu_helper fiddle_ext
     pointer].each do |path|
    define_method("test_rbbcc_#{path}_can_be_required_alone") do
      said, status = Open3.capture2e(RbConfig.ruby, "-w", "-e", "require 'rbbcc/#{path}'")
      assert status.success?, said
      assert_empty said
    end
  end

  def test_program_types_are_the_kernels
    assert_equal [1, 2, 5, 17, 26, 29],
                 %i[SOCKET_FILTER KPROBE TRACEPOINT RAW_TRACEPOINT TRACING LSM].map { |name| RbBCC::BPF.const_get(name) }
    assert_same RbBCC::BCC, RbBCC::BPF
  end

  def test_map_types_are_the_kernels
    assert_equal [1, 2, 4, 7, 27, 29], %w[HASH ARRAY PERF_EVENT_ARRAY STACK_TRACE RINGBUF TASK_STORAGE]
      .map { |name| RbBCC::Table.const_get("BPF_MAP_TYPE_#{name}") }
  end

  def test_globals_have_their_values
    assert_equal [40, 65, 1025], [$stars_max, $log2_index_max, $linear_index_max]
  end

  def test_constants_land_in_object_by_include
    said, status = Open3.capture2e(RbConfig.ruby, "-e", "require 'rbbcc'; include RbBCC; p BCC, USDT, BPF::KPROBE, Table")
    assert status.success?, said
    assert_equal "RbBCC::BCC\nRbBCC::USDT\n2\nRbBCC::Table\n", said
  end

  def test_libbcc_functions_say_that_they_are_gone
    error = assert_raises(NotImplementedError) { RbBCC::Clib.bpf_attach_kprobe }
    assert_match(/bpf_attach_kprobe: there is no libbcc/, error.message)
    assert RbBCC::Clib.libbcc_version_gteq?("0.11.0")
  end

  private

  # Required ones must be the same; more optional ones are no breach.
  def check(method, wanted)
    given = method.parameters
    keywords, positional = wanted.partition { |one| one.delete("?").end_with?(":") }
    assert_accepts_count(method, positional)
    required = given.filter_map { |kind, name| name.to_s if kind == :keyreq }
    assert_equal keywords.grep_v(/\?\z/).map { |one| one.delete(":") }.sort, required.sort
    known = given.filter_map { |kind, name| name.to_s if %i[key keyreq].include?(kind) }
    unless given.any? { |kind, _| kind == :keyrest }
      assert_empty keywords.map { |one| one.delete(":?") } - known, "keywords missing"
    end
  end

  def assert_accepts_count(method, positional)
    least = positional.count { |one| !one.end_with?("?") }
    given = method.parameters
    return if given.any? { |kind, _| kind == :rest }

    assert_operator given.count { |kind, _| kind == :req }, :<=, least
    assert_operator given.count { |kind, _| %i[req opt].include?(kind) }, :>=, positional.size
  end
end
