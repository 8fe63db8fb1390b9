# frozen_string_literal: true

module RbBCC
  class BCC
    # What programs write with bpf_trace_printk, from the kernel's one trace pipe.
    module Trace
      # "  bash-1234  [001] d..31  12345.678901: bpf_trace_printk: Hello\n". Newer kernels may put more
      # columns in; a task's name may hold anything.
      LINE = /\A\s*(?<task>.+)-(?<pid>\d+)\s+(?:\([\s\d-]+\)\s+)?\[(?<cpu>\d+)\]\s+(?<flags>\S+)\s+
              (?<ts>\d+\.\d+):\s[^:]*:\s?(?<msg>.*)\z/mx
      private_constant :LINE

      def tracefile
        @tracefile ||= File.open("#{TRACEFS}/trace_pipe", "rb")
      rescue Errno::EACCES, Errno::EPERM => error
        raise Redbee::NotPermitted.new("open #{TRACEFS}/trace_pipe: that needs root or CAP_DAC_READ_SEARCH",
                                       errno: error.errno)
      rescue Errno::EBUSY => error
        raise Redbee::OsError.new("open #{TRACEFS}/trace_pipe: somebody reads it already, and this kernel has one reader " \
                                  "at a time (trace_print or trace_fields of another script or another BCC object, " \
                                  "cat trace_pipe, bpftool prog tracelog): end that one first, or send events by " \
                                  "BPF_PERF_OUTPUT, which no other program reads", errno: error.errno)
      rescue Errno::ENOENT => error
        raise Redbee::NotFound.new("open #{TRACEFS}/trace_pipe: no tracefs there " \
                                   "(mount -t tracefs tracefs /sys/kernel/tracing)", errno: error.errno)
      end

      # One line, which may have to be waited for.
      def trace_readline
        tracefile.readline(1024)
      end

      # Prints for ever. `fmt` may use {0} to {5}: task, pid, CPU, flags, time, message. The kernel ends every
      # message with a line end of its own (since Linux 5.9), so one that has its own leaves an empty line: skipped.
      def trace_print(fmt: nil)
        loop do
          line = fmt ? fill_in(fmt, trace_fields) : trace_readline
          next if line == "\n"

          puts line
          $stdout.flush
        end
      end

      # Yields task, pid, CPU, flags, time and message, Strings all, of each line for ever; without a
      # block returns those of the next line.
      def trace_fields
        loop do
          fields = LINE.match(trace_readline)&.captures or next
          return fields unless block_given?

          yield(*fields)
        end
      end

      private

      def fill_in(fmt, fields)
        fields = fields.map(&:chomp)
        fmt.gsub(/\{(\d)\}/) { fields[$1.to_i] }
      end
    end
  end
end
