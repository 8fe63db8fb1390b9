# frozen_string_literal: true

module RbBCC
  # BPF_STACK_TRACE: call stacks by their number.
  class StackTrace < TableBase
    MAX_DEPTH = 127
    BPF_F_STACK_BUILD_ID = 1 << 5
    # How a frame of a BPF_STACK_TRACE_BUILDID is given.
    BPF_STACK_BUILD_ID_EMPTY = 0 # there is none
    BPF_STACK_BUILD_ID_VALID = 1 # build id and offset in the file
    BPF_STACK_BUILD_ID_IP = 2    # an address after all

    # The struct the kernel keeps: its field `ip`, or `trace` with build ids, is an Array.
    def get_stack(stack_id)
      leaftype.new(self[stack_id])
    end

    # Yields each address, innermost first; or what `resolve` makes of it.
    def walk(stack_id, resolve: nil, &block)
      frames(stack_id).each { |address| block.call(resolve ? resolve.call(address) : address) }
    end

    private

    def frames(stack_id)
      if (flags & BPF_F_STACK_BUILD_ID).zero?
        self[stack_id][0, [leafsize, MAX_DEPTH * 8].min].unpack("Q*").take_while { |address| address != 0 }
      else
        get_stack(stack_id).trace.first(MAX_DEPTH).take_while { |frame| frame.status != BPF_STACK_BUILD_ID_EMPTY }
      end
    end
  end
end
