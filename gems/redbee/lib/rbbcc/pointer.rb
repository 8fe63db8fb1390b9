# frozen_string_literal: true

require_relative "fiddle_ext"

module RbBCC
  # A pointer with the type of what it points to.
  class Pointer
    attr_reader :raw_pointer

    def initialize(p, value_type: nil, size: nil)
      @raw_pointer = p
      @size = size || p.size
      @value_type = value_type
    end

    def value
      @raw_pointer.bcc_size = @size
      @raw_pointer.bcc_value_type = @value_type if @value_type
      @raw_pointer.to_bcc_value
    end
  end
end
