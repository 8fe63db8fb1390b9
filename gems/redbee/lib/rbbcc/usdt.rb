# frozen_string_literal: true

require_relative "../redbee"
require_relative "debug"

module RbBCC
  # One place a handler is attached at.
  USDTProbe = Struct.new(:binpath, :fn_name, :addr, :pid)

  # USDT probes of a process or a file, and which functions handle them. Pass it to BCC.new as one of
  # usdt_contexts.
  #
  #   usdt = RbBCC::USDT.new(pid: 1234)
  #   usdt.enable_probe(probe: "ruby:gc__mark__begin", fn_name: "on_gc")
  class USDT
    attr_reader :pid, :path, :context

    def initialize(pid: nil, path: nil)
      raise "Either a pid or a binary path must be specified" unless pid || path

      @pid = pid
      @path = path
      @context = Redbee::UsdtProbes.read(path, pid)
      @enabled = []
    rescue Redbee::Error => error
      raise error.with_context("read the USDT probes of #{where}"), cause: nil
    end

    # `probe` is "name" or "provider:name". Returns 0.
    def enable_probe(probe:, fn_name:)
      unless @context.find(probe)
        raise Redbee::NotFound.new("enable USDT probe #{probe}: #{where} has no such probe#{suggestion(probe)}",
                                   errno: Errno::ENOENT::Errno)
      end

      @enabled << [probe, fn_name]
      0
    end

    # As enable_probe, but says what is wrong on standard error and ends the program.
    def enable_probe_or_bail(probe:, fn_name:)
      enable_probe(probe: probe, fn_name: fn_name)
    rescue Redbee::Error => error
      warn error.message
      exit 1
    end

    # [[probe, function], …] in the order in which they were enabled.
    def enabled
      @enabled.dup
    end

    # A USDTProbe for each location of each enabled probe.
    def enumerate_active_probes
      @enabled.flat_map do |probe, fn_name|
        facts = @context.find(probe)
        facts[:locations].map { |at| USDTProbe.new(facts[:openable_path], fn_name, at[:address], @pid || -1) }
      end
    end

    # All probes there are: Hashes of :provider, :name, :path, :semaphore and :locations.
    def enumerate_probes
      @context.to_a
    end

    # What will be compiled in front of the program. There is no such text here: readers of probe
    # arguments are made by the compiler. For scripts that print it while debugging.
    def get_text
      @enabled.map { |probe, fn_name| "// USDT #{probe}: #{fn_name}\n" }.join
    end

    # "8@%rdi" of the probe's first location: how argument `index` (from 1) is passed.
    def get_probe_arg(probe, index)
      @context.find(probe)&.dig(:locations, 0, :arguments, index - 1)
    end

    # The C type of that argument: "uint64_t", "int32_t".
    def get_probe_arg_ctype(probe, index)
      size = get_probe_arg(probe, index)&.to_i or return nil
      "#{"u" if size.positive?}int#{size.abs * 8}_t"
    end

    private

    def where
      @path || "process #{@pid}"
    end

    def suggestion(probe)
      wanted = probe.split(":").last.delete("_")
      near = @context.to_a.select { |one| one[:name].delete("_").include?(wanted) }.first(3)
      near = @context.to_a.first(3) if near.empty?
      return " (it has none at all)" if near.empty?

      "; it has #{near.map { |one| "#{one[:provider]}:#{one[:name]}" }.uniq.join(", ")}"
    end
  end
end
