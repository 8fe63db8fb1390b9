# frozen_string_literal: true

require_relative "../rbbcc"

module RbBCC
  # Table.new makes the object for a map of a program; its class follows from the kind of map.
  module Table
    %i[
      HASH ARRAY PROG_ARRAY PERF_EVENT_ARRAY PERCPU_HASH PERCPU_ARRAY STACK_TRACE CGROUP_ARRAY LRU_HASH
      LRU_PERCPU_HASH LPM_TRIE ARRAY_OF_MAPS HASH_OF_MAPS DEVMAP SOCKMAP CPUMAP XSKMAP SOCKHASH
      CGROUP_STORAGE REUSEPORT_SOCKARRAY PERCPU_CGROUP_STORAGE QUEUE STACK SK_STORAGE DEVMAP_HASH
      STRUCT_OPS RINGBUF INODE_STORAGE TASK_STORAGE
    ].each.with_index(1) { |name, number| const_set(:"BPF_MAP_TYPE_#{name}", number) }

    CLASSES = {
      BPF_MAP_TYPE_HASH => :HashTable,
      BPF_MAP_TYPE_ARRAY => :ArrayTable,
      BPF_MAP_TYPE_PROG_ARRAY => :ProgArray,
      BPF_MAP_TYPE_PERF_EVENT_ARRAY => :PerfEventArray,
      BPF_MAP_TYPE_PERCPU_HASH => :PerCpuHash,
      BPF_MAP_TYPE_PERCPU_ARRAY => :PerCpuArray,
      BPF_MAP_TYPE_STACK_TRACE => :StackTrace,
      BPF_MAP_TYPE_CGROUP_ARRAY => :DescriptorArray,
      BPF_MAP_TYPE_LRU_HASH => :LruHash,
      BPF_MAP_TYPE_LRU_PERCPU_HASH => :LruPerCpuHash,
      BPF_MAP_TYPE_LPM_TRIE => :LpmTrie,
      BPF_MAP_TYPE_ARRAY_OF_MAPS => :DescriptorArray,
      BPF_MAP_TYPE_HASH_OF_MAPS => :DescriptorHash,
      BPF_MAP_TYPE_DEVMAP => :DescriptorArray,
      BPF_MAP_TYPE_SOCKMAP => :DescriptorArray,
      BPF_MAP_TYPE_CPUMAP => :DescriptorArray,
      BPF_MAP_TYPE_XSKMAP => :DescriptorArray,
      BPF_MAP_TYPE_SOCKHASH => :DescriptorHash,
      BPF_MAP_TYPE_QUEUE => :QueueStack,
      BPF_MAP_TYPE_STACK => :QueueStack,
      BPF_MAP_TYPE_RINGBUF => :RingBuf
    }.freeze
    private_constant :CLASSES

    def self.new(bpf, map_id, map_fd, keytype, leaftype, name, **_options)
      type = bpf.map_type(name)
      table = CLASSES[type] or raise "Unknown table type #{type}"
      RbBCC.const_get(table).new(bpf, map_id, map_fd, keytype, leaftype, name: name)
    end
  end
end
