# frozen_string_literal: true

module RbBCC
  # A leaf is an Array with one value for each possible CPU; writing takes such an Array, or one value
  # for all.
  module PerCpu
    def initialize(*args, **options)
      super
      @each_leaftype = leaftype
      @each_leafsize = leafsize
      @slot = (@map.value_size + 7) / 8 * 8
      @cpus = get_possible_cpus.size
      @leaftype = slots_class
      @map.shape(keytype, keysize, @leaftype, @slot * @cpus)
    end

    def []=(key, leaf)
      leaf = Array.new(@cpus, leaf) if leaf.is_a?(Integer) || leaf.is_a?(Redbee::Record)
      super(key, leaf.is_a?(Array) ? pack(leaf) : leaf)
    end

    def sum(key)
      values_at_key(key).sum
    end

    def max(key)
      values_at_key(key).max
    end

    def average(key)
      values_at_key(key).sum / @cpus
    end

    private

    def values_at_key(key)
      self[key].to_bcc_value
    end

    # What to_bcc_value makes of a leaf.
    def slots_class
      element = @each_leaftype
      size = @each_leafsize
      slot = @slot
      cpus = @cpus
      Class.new do
        define_singleton_method(:new) do |pointer|
          Array.new(cpus) do |cpu|
            next element.new(pointer + cpu * slot) if element.is_a?(Class)

            Redbee::CType.read(element, pointer[cpu * slot, size])
          end
        end
        define_singleton_method(:size) { slot * cpus }
      end
    end

    def pack(values)
      unless values.size == @cpus
        raise ArgumentError, "#{values.size} values given; this machine has #{@cpus} possible CPUs"
      end

      bytes = values.map { |value| bytes_of(value).ljust(@slot, "\0") }.join
      Fiddle::Pointer.malloc(bytes.bytesize, Fiddle::RUBY_FREE).tap { |pointer| pointer[0, bytes.bytesize] = bytes }
    end

    # An Integer, or a struct or pointer of which as many bytes are taken as a leaf has.
    def bytes_of(value)
      return [value].pack("q").byteslice(0, @slot) if value.is_a?(Integer)
      return value.to_ptr[0, @each_leafsize] if value.respond_to?(:to_ptr)

      raise ArgumentError, "#{value.inspect} must be an Integer or a pointer"
    end
  end

  class PerCpuHash < HashTable
    include PerCpu
  end

  class LruPerCpuHash < LruHash
    include PerCpu
  end

  class PerCpuArray < ArrayTable
    include PerCpu
  end
end
