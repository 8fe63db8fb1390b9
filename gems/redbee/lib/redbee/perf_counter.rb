# frozen_string_literal: true

require "fiddle"
require_relative "error"

module Redbee
  # A counting perf event, which a program reads through a BPF_PERF_ARRAY.
  module PerfCounter
    PERF_EVENT_OPEN = { "x86_64" => 298, "aarch64" => 241 }.fetch(RbConfig::CONFIG["host_cpu"])
    ATTRIBUTES = 112           # bytes of struct perf_event_attr, PERF_ATTR_SIZE_VER5
    CLOSE_ON_EXEC = 8
    SYSCALL = Fiddle::Function.new(Fiddle::Handle::DEFAULT["syscall"],
                                   [Fiddle::TYPE_LONG, Fiddle::TYPE_VOIDP, *[Fiddle::TYPE_INT] * 3, Fiddle::TYPE_LONG],
                                   Fiddle::TYPE_LONG)
    private_constant :PERF_EVENT_OPEN, :ATTRIBUTES, :CLOSE_ON_EXEC, :SYSCALL

    # An IO; closing it ends the counting.
    def self.open(type, config, pid, cpu)
      attributes = [type, ATTRIBUTES, config].pack("LLQ").ljust(ATTRIBUTES, "\0")
      fd = SYSCALL.call(PERF_EVENT_OPEN, attributes, pid, cpu, -1, CLOSE_ON_EXEC)
      return IO.for_fd(fd, "rb") if fd >= 0

      errno = Fiddle.last_error
      raise OsError.new("open perf event type #{type} config #{config} on CPU #{cpu}: " \
                        "#{SystemCallError.new(errno).message}", errno: errno)
    end
  end
end
