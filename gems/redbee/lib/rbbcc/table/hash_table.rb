# frozen_string_literal: true

module RbBCC
  class HashTable < TableBase
    # How many entries there are now.
    def size
      @map.count
    end
    alias length size
  end

  # Forgets the entry that was used longest ago when it is full.
  class LruHash < HashTable
  end

  # Keys are a prefix length and an address; looking up finds the longest prefix.
  class LpmTrie < HashTable
  end
end
