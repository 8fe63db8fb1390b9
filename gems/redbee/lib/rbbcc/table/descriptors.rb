# frozen_string_literal: true

module RbBCC
  # Maps whose leaves are file descriptors of other things: programs, maps, sockets, cgroups. A leaf
  # may be given as a descriptor, as what load_func returned, as a table, or as an IO.
  module Descriptors
    def []=(key, leaf)
      super(key, descriptor_of(leaf))
    end

    private

    def descriptor_of(leaf)
      case leaf
      when Hash then leaf.fetch(:fd)
      when TableBase then leaf.map_fd
      when IO then leaf.fileno
      else leaf
      end
    end
  end

  class DescriptorArray < ArrayTable
    include Descriptors

    def delete(key)
      raise KeyError, "key not found" unless @map.delete(key)
    end
    alias clearitem delete
  end

  class DescriptorHash < HashTable
    include Descriptors
  end

  # Programs for tail calls: table[1] = bpf.load_func("next_step", RbBCC::BPF::KPROBE).
  class ProgArray < DescriptorArray
  end
end
