# frozen_string_literal: true

module RbBCC
  module Util
    ENABLED = !(ENV["RBBCC_DEBUG"] || ENV["BCC_DEBUG"]).nil?
    private_constant :ENABLED

    # Says on standard output what was found and attached, when RBBCC_DEBUG or BCC_DEBUG is set.
    def self.debug(msg)
      puts msg if ENABLED
    end
  end
end
