# frozen_string_literal: true

module RbBCC
  # BPF_QUEUE (first in, first out) and BPF_STACK (last in, first out). There are no keys.
  class QueueStack < TableBase
    # `leaf`: an Integer or a pointer. SystemCallError when it is full.
    def push(leaf)
      @map.push(leaf)
      self
    end
    alias << push

    # The next leaf, removed; KeyError when there is none.
    def pop
      @map.pop || raise(KeyError, "the #{name || "queue"} is empty")
    end

    # The next leaf, left where it is; KeyError when there is none.
    def peek
      @map.peek || raise(KeyError, "the #{name || "queue"} is empty")
    end

    # Takes everything out.
    def values
      taken = []
      while (leaf = @map.pop)
        taken << leaf
      end
      taken
    end

    def each(&block)
      return enum_for(__method__) unless block

      values.each(&block)
    end
  end
end
