# frozen_string_literal: true

module RbBCC
  # Keys are 0 to size - 1; an entry cannot be deleted, only zeroed.
  class ArrayTable < TableBase
    def size
      @map.max_entries
    end
    alias length size

    def clearitem(key)
      @map.delete(key)
      self[key]
    end

    def delete(key)
      clearitem(key)
    end

    # Values only, as an Array would yield them; each_pair gives pointers.
    def each
      return enum_for(__method__) unless block_given?

      each_value { |leaf| yield leaf.to_bcc_value }
    end
  end
end
