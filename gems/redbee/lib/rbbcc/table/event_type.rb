# frozen_string_literal: true

module RbBCC
  # Tables that carry events: event(data) shows the bytes as the struct that the program sent.
  module EventTypeSupported
    # The class of that struct; nil when the program does not say.
    def get_event_class
      bpf&.event_type(name)
    end

    # A copy of `data`, with a method for each field.
    def event(data)
      (@event_class ||= event_class).copy(data)
    end

    private

    def event_class
      type = get_event_class || leaftype
      return type if type.respond_to?(:copy)
      return FiddleEvent.new(type) if type.is_a?(Class)

      raise "#{name}: the program does not say which struct it sends; read data[0, size] instead"
    end

    # A struct class that the script made itself, with Fiddle::Importer.struct.
    FiddleEvent = Struct.new(:type) do
      def copy(data)
        event = type.malloc
        Fiddle::Pointer.new(event.to_ptr.to_i)[0, type.size] = data[0, type.size]
        event
      end
    end
    private_constant :FiddleEvent
  end
end
