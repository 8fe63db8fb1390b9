# frozen_string_literal: true

require "fiddle"
require_relative "error"

# The extension is built once for each Ruby ABI and lies in a folder named after it.
begin
  require "redbee/#{RbConfig::CONFIG["ruby_version"][/\A\d+\.\d+/]}/redbee"
rescue LoadError => error
  raise unless error.path.to_s.end_with?("/redbee")

  built = Dir.glob(File.join(__dir__, "[0-9]*", "redbee.so")).map { |so| File.basename(File.dirname(so)) }
  raise LoadError, "redbee: this gem has no extension for Ruby #{RUBY_VERSION} " \
                   "(it has #{built.empty? ? "none" : built.sort.join(", ")}); " \
                   "use one of these Rubies or a redbee gem built with yours"
end

# What the extension's classes have in Ruby.
module Redbee
  class Map
    # A map of which the caller has a descriptor. The Map has one of its own.
    def self.from_fd(fd)
      id = File.read("/proc/self/fdinfo/#{fd}")[/^map_id:\s*(\d+)/, 1]
      raise InvalidArgument, "descriptor #{fd} is not a BPF map" unless id

      from_id(id.to_i)
    rescue Errno::ENOENT
      raise InvalidArgument, "#{fd} is not an open descriptor"
    end
  end

  class Memory
    # The value by its type, where to_bcc_value goes by its size: u64 is never negative, u8 is an
    # Integer, a struct is a Record.
    def value
      return to_bcc_value if bcc_value_type.is_a?(Class)

      known = CType.read(bcc_value_type, self[0, size])
      known.nil? ? to_bcc_value : known
    end
  end

  class Record
    class << self
      # "unsigned int pid", as Fiddle's struct classes made by rbbcc list them.
      def fields
        types.zip(members).map { |type, name| "#{type} #{name}" }
      end

      # BCC's description of the type: [name, [[field, type], …], kind].
      def original_desc
        kind = if union? then "union"
               else packed? ? "struct_packed" : "struct"
               end
        [type_name, members.zip(types), kind]
      end

      def entity_class = self

      def inspect
        self == Record ? super : "Redbee::Record(#{type_name})"
      end
    end
  end
end
