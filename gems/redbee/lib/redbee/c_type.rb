# frozen_string_literal: true

module Redbee
  # C type names as scripts write them ("int", "u64", "char[16]") and values of such types.
  module CType
    # name => [bytes, directive for String#unpack]
    SCALARS = {
      "char" => [1, "c"], "signed char" => [1, "c"], "unsigned char" => [1, "C"],
      "short" => [2, "s"], "unsigned short" => [2, "S"],
      "int" => [4, "l"], "unsigned int" => [4, "L"], "unsigned" => [4, "L"],
      "long" => [8, "q"], "unsigned long" => [8, "Q"],
      "long long" => [8, "q"], "unsigned long long" => [8, "Q"],
      "size_t" => [8, "Q"], "ssize_t" => [8, "q"], "uintptr_t" => [8, "Q"], "pid_t" => [4, "l"],
      "float" => [4, "e"], "double" => [8, "E"], "bool" => [1, "C"], "_Bool" => [1, "C"]
    }.merge(
      [["8", 1, "cC"], ["16", 2, "sS"], ["32", 4, "lL"], ["64", 8, "qQ"]].flat_map do |bits, bytes, directives|
        [["s#{bits}", bytes, directives[0]], ["u#{bits}", bytes, directives[1]],
         ["__s#{bits}", bytes, directives[0]], ["__u#{bits}", bytes, directives[1]],
         ["int#{bits}_t", bytes, directives[0]], ["uint#{bits}_t", bytes, directives[1]]]
      end.to_h { |name, bytes, directive| [name, [bytes, directive]] }
    ).freeze

    ARRAY = /\A(.+?)\s*\[(\d+)\]\z/

    module_function

    # Bytes of a type: a C name, or a class with .size (a struct). nil when it is not known.
    def size(type)
      return type.size if type.respond_to?(:size) && !type.is_a?(String)

      type = type.to_s.strip
      return 8 if type.end_with?("*")
      return (inner = size(type[ARRAY, 1])) && inner * type[ARRAY, 2].to_i if type.match?(ARRAY)

      SCALARS.dig(type, 0)
    end

    # What `bytes` mean: unsigned stays unsigned, char[N] is a String, _Bool is true or false.
    # nil when the type is not known.
    def read(type, bytes)
      type = type.to_s.strip
      return bytes.unpack1("Q") if type.end_with?("*")
      return read_array(type[ARRAY, 1], type[ARRAY, 2].to_i, bytes) if type.match?(ARRAY)

      width, directive = SCALARS[type]
      return nil unless width && bytes.bytesize >= width

      value = bytes.unpack1(directive)
      %w[bool _Bool].include?(type) ? value != 0 : value
    end

    def read_array(element, count, bytes)
      return bytes.unpack1("Z*") if element == "char"

      width = size(element) or return nil
      Array.new(count) { |i| read(element, bytes.byteslice(i * width, width)) }
    end
  end
end
