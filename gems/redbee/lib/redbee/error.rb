# frozen_string_literal: true

module Redbee
  # Included by every exception the core raises, so `rescue Redbee::Error` takes them all. Each
  # concrete class also descends from the class rbbcc raises in that place (RuntimeError,
  # SystemCallError, ArgumentError), so older scripts rescue what they always did.
  module Error
    # Every compiler diagnostic, or the whole verifier log, one line an element.
    attr_reader :log

    def initialize(message = nil, errno: 0, log: [])
      # Not SystemCallError#initialize: it would put strerror's text in front of our sentence.
      StandardError.instance_method(:initialize).bind_call(self, message)
      @errno = errno
      @log = log
    end

    def errno = @errno

    # The same exception with a fact in front: what was being tried.
    def with_context(text)
      self.class.new("#{text}: #{message}", errno: errno, log: log)
    end
  end

  # The parts of SystemCallError that look at a constant `Errno`, which these classes do not have:
  # their errno differs from one instance to the next. `rescue Errno::EBUSY` still works.
  module FromSystemCall
    def self.included(base)
      base.include(Error)
      base.define_singleton_method(:===) { |exception| exception.is_a?(self) }
    end
  end

  # The caller asked for something that cannot be.
  class InvalidArgument < ArgumentError
    include Error
  end

  # The C text has errors; #log has every diagnostic.
  class CompileFailed < RuntimeError
    include Error
  end

  # The kernel refused the program; #log has the whole verifier log.
  class VerifierRejected < SystemCallError
    include FromSystemCall
  end

  # This kernel lacks a feature; the message names the kernel that has it.
  class NotSupported < SystemCallError
    include FromSystemCall
  end

  # The message names the missing capability.
  class NotPermitted < SystemCallError
    include FromSystemCall
  end

  # No such map, symbol, tracepoint, process or file.
  class NotFound < SystemCallError
    include FromSystemCall
  end

  # Any other system call that failed; #errno says how.
  class OsError < SystemCallError
    include FromSystemCall
  end
end
