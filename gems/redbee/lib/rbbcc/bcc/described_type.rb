# frozen_string_literal: true

module RbBCC
  class BCC
    # Struct classes from BCC's descriptions of types. Tables of this library get theirs from the
    # compiler; this is for scripts that have such a description.
    module DescribedType
      module_function

      def decode(desc)
        _name, members, kind = desc
        fields = members.map { |member| field(member) }
        importer = kind == "union" ? Fiddle::Importer.method(:union) : Fiddle::Importer.method(:struct)
        klass = importer.call(fields)
        text_fields(klass, fields)
        klass.define_singleton_method(:original_desc) { desc }
        klass.define_singleton_method(:fields) { fields }
        klass
      end

      # A member is [name, type], [name, type, [count]] or [name, type, bits]; a type may be a
      # description itself.
      def field(member)
        name, type, extra = member
        raise "#{name}: nested structs have no C name for Fiddle" unless type.is_a?(String)

        extra.is_a?(Array) ? "#{type}[#{extra.first}] #{name}" : "#{type} #{name}"
      end

      # char[N] reads as a String up to the first NUL.
      def text_fields(klass, fields)
        names = fields.filter_map { |one| one[/\Achar\[\d+\] (\w+)\z/, 1] }
        readers = Module.new do
          names.each { |name| define_method(name) { super().take_while { |byte| byte != 0 }.pack("c*") } }
        end
        klass.prepend(readers)
      end
    end
    private_constant :DescribedType
  end
end
