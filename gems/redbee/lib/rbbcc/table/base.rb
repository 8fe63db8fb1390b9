# frozen_string_literal: true

module RbBCC
  # A BPF map. Keys and leaves are Fiddle::Pointers (Redbee::Memory) that own their bytes; a key may
  # also be given as an Integer.
  class TableBase
    include CPUHelper
    include Enumerable
    include Histogram

    class << self
      # A table that another program pinned on a bpffs. Types are C names or struct classes.
      def from_pin(path, keytype, leaftype, keysize: nil, leafsize: nil, **kwargs)
        map = Redbee::Map.from_pin(path)
        new(nil, nil, map.fd, keytype, leaftype, keysize: keysize, leafsize: leafsize, map: map, **kwargs)
      end
    end

    attr_reader :bpf, :map_id, :map_fd, :keysize, :keytype, :leafsize, :leaftype, :ttype, :flags, :name

    def initialize(bpf, map_id, map_fd, keytype, leaftype, name: nil, keysize: nil, leafsize: nil, map: nil)
      @bpf = bpf
      @map_id = map_id
      @map = map || (bpf && name ? bpf.map_named(name) : Redbee::Map.from_fd(map_fd))
      @map_fd = map_fd
      @name = name
      @keytype = keytype
      @leaftype = leaftype
      @keysize = keysize || Redbee::CType.size(keytype) || @map.key_size
      @leafsize = leafsize || Redbee::CType.size(leaftype) || @map.value_size
      @ttype = @map.type
      @flags = @map.flags
      @map.shape(keytype, @keysize, leaftype, @leafsize)
    end

    # The key after `key`, the first for nil. StopIteration at the end.
    def next(key)
      raise TypeError, key.inspect unless key.nil? || key.is_a?(Fiddle::Pointer)

      @map.next_key(key) || raise(StopIteration)
    end

    # The leaf at `key`. Where there is none: a leaf of zeroes.
    def [](key)
      @map[key]
    end

    def fetch(key)
      self[key] || raise(KeyError, "key not found")
    end

    def []=(key, leaf)
      @map.update(key, leaf)
    end

    # KeyError when there is no such key.
    def delete(key)
      raise KeyError, "key not found" unless @map.delete(key)

      0
    end

    # The value at `key` by its type, nil where there is none.
    def lookup(key)
      @map.lookup(key)&.value
    end

    def key?(key)
      !@map.lookup(key).nil?
    end

    # Iterating sees the entries there were when it began; the block may change the table.
    def each_key(&block)
      return enum_for(__method__) unless block

      @map.each_key(&block)
    end

    def each_value(&block)
      return enum_for(__method__) unless block

      @map.each_leaf(&block)
    end

    def each_pair(&block)
      return enum_for(__method__) unless block

      @map.each_entry(&block)
    end
    alias each each_pair

    def keys
      @map.keys
    end

    def values
      @map.leaves
    end

    def items
      @map.entries
    end

    # {key => value}, both by their types.
    def to_h(&block)
      return super if block

      items.to_h { |key, leaf| [key.value, leaf.value] }
    end

    # All entries, which are gone from the table afterwards.
    def take_items
      @map.take_entries
    end

    # BCC's names for what is done in batches of system calls anyway.
    alias items_lookup_batch items
    alias items_lookup_and_delete_batch take_items

    # `keys` and `leaves`: Arrays, one leaf for each key.
    def items_update_batch(keys, leaves)
      raise ArgumentError, "#{keys.size} keys but #{leaves.size} leaves" unless keys.size == leaves.size

      keys.zip(leaves) { |key, leaf| self[key] = leaf }
      nil
    end

    def items_delete_batch(keys = self.keys)
      keys.each { |key| delete(key) }
      nil
    end

    # Returns what is in the table afterwards.
    def clear
      @map.clear
      items
    end

    def pin!(path)
      BCC.pin!(map_fd, path)
    end

    def inspect
      "#<#{self.class} #{name || @map.name}>"
    end
  end
end
