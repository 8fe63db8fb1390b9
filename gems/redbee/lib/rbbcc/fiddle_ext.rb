# frozen_string_literal: true

require "fiddle"

# rbbcc's scripts count on Fiddle::Importer being there; loading it takes a quarter of the whole
# start, so it is loaded when somebody asks for it.
module Fiddle
  autoload :Importer, "fiddle/import"
  autoload :CStruct, "fiddle/import"
  autoload :CUnion, "fiddle/import"
end

# Table keys, leaves and event data are Fiddle::Pointers that know the type of what they point to.
# Those that the extension makes (Redbee::Memory, a Fiddle::Pointer) answer these methods natively;
# here is the same for pointers that scripts allocate themselves.
class Fiddle::Pointer
  attr_accessor :bcc_value_type
  attr_writer :bcc_size

  def bcc_size
    @bcc_size || size
  end

  # A struct's fields as an object; otherwise by size: 4 and 8 bytes are a signed Integer, anything
  # else a String up to the first NUL. Scripts count on exactly this.
  def bcc_value
    @bcc_value ||= _bcc_value
  end
  alias to_bcc_value bcc_value

  def _bcc_value
    return bcc_value_type.new(self) if bcc_value_type.is_a?(Class)

    case bcc_size
    when 4 then self[0, 4].unpack1("l")
    when 8 then self[0, 8].unpack1("q")
    else self[0, bcc_size].unpack1("Z*")
    end
  end

  # pointer.pid is pointer.to_bcc_value.pid.
  def method_missing(name, *args)
    bcc_field?(name) ? bcc_value.public_send(name, *args) : super
  end

  def respond_to_missing?(name, include_private = false)
    bcc_field?(name) || super
  end

  private

  def bcc_field?(name)
    type = bcc_value_type
    return false unless type.is_a?(Class) && type.respond_to?(:members)

    type.members.include?(name.to_s.delete_suffix("="))
  end
end
