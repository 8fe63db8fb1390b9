# frozen_string_literal: true

require "rubygems"
require "fiddle/import"

module RbBCC
  # rbbcc reaches libbcc's C functions through this module. There is no libbcc here: what scripts
  # ask about its version is answered, the functions themselves say that they are gone.
  module Clib
    extend Fiddle::Importer

    @libbcc_version = Gem::Version.new(ENV.fetch("LIBBCC_VERSION", "0.31.0")[/\A[\d.]*\d/] || "0.31.0")

    class << self
      attr_reader :libbcc_version

      def libbcc_version=(version)
        @libbcc_version = Gem::Version.new(version)
      end

      def libbcc_version_gteq?(version)
        @libbcc_version >= Gem::Version.new(version)
      end

      def system_libbcc_versions
        [@libbcc_version.to_s]
      end

      # The text at `ptr` up to its first NUL; nil for a null pointer.
      def __extract_char(ptr)
        ptr.null? ? nil : ptr.to_s
      end

      def method_missing(name, *)
        raise NotImplementedError, "RbBCC::Clib.#{name}: there is no libbcc behind this gem; " \
                                   "use the methods of RbBCC::BCC and its tables"
      end

      def respond_to_missing?(_name, _include_private = false) = false
    end
  end
end

class Fiddle::Pointer
  # As Clib.__extract_char does it.
  def to_extracted_char_ptr
    RbBCC::Clib.__extract_char(self)
  end
end
