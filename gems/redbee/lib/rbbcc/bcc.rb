# frozen_string_literal: true

require_relative "../redbee"
require_relative "consts"
require_relative "debug"
require_relative "disp_helper"
require_relative "attachments"
require_relative "bcc/class_methods"
require_relative "bcc/attach"
require_relative "bcc/attach_network"
require_relative "bcc/auto_attach"
require_relative "bcc/poll"
require_relative "bcc/trace"

module RbBCC
  # A BPF program written in C, compiled, loaded and attached.
  #
  #   b = RbBCC::BCC.new(text: "TRACEPOINT_PROBE(sched, sched_process_exec) { … }")
  #   b.trace_print
  class BCC
    include Attach
    include AttachNetwork
    include AutoAttach
    include Poll
    include Trace

    # Bits of `debug:` that this library acts on; the others are accepted.
    DEBUG_BPF = 0x2                  # the verifier's log of each program
    DEBUG_SOURCE = 0x8               # the instructions with their source lines
    DEBUG_BPF_REGISTER_STATE = 0x10  # as DEBUG_BPF
    private_constant :DEBUG_BPF, :DEBUG_SOURCE, :DEBUG_BPF_REGISTER_STATE

    attr_reader :module, :perf_buffers, :tables

    # Everything attached stays so until cleanup or the end of this process.
    def initialize(text: "", src_file: nil, hdr_file: nil, debug: 0, cflags: [], usdt_contexts: [],
                   allow_rlimit: 0, dev_name: nil)
      path = BCC._find_file(src_file)
      BCC._find_file(hdr_file) if path
      @debug = debug
      text = File.read(path) if path
      raise ArgumentError, "text: must be a String of C, not #{text.inspect}" unless text.is_a?(String)

      @source = [text, path || "program.c", Array(cflags).compact, usdt_bindings(usdt_contexts)]
      @usdt_contexts = usdt_contexts
      prepare
      load_image
      trace_autoload!
      attach_usdt_contexts
      BCC.keep(self)
    rescue StandardError
      cleanup
      raise
    end

    # Text that stands for the readers of USDT arguments, nil without USDT. The compiler makes them.
    def gen_args_from_usdt
      @usdt_contexts.empty? ? nil : @usdt_contexts.map(&:get_text).join
    end

    # Loads a function as a program of type `prog_type` (a constant of BPF). Returns {fd:, name:}.
    def load_func(func_name, prog_type, device: nil)
      @funcs[func_name] ||= begin
        wants_log = @debug & (DEBUG_BPF | DEBUG_BPF_REGISTER_STATE) != 0
        fd, log = @module.load(func_name, prog_type, wants_log)
        warn log if wants_log
        { fd: fd, name: func_name }
      end
    rescue Redbee::VerifierRejected => error
      warn error.log if wants_log
      raise
    end

    # The table of that name; keytype and leaftype, C names or struct classes, override the program's.
    # KeyError when there is no such map.
    def get_table(name, keytype: nil, leaftype: nil, reducer: nil)
      name = name.to_s
      map = @module.map(name) or raise KeyError.new("map not found: #{name}#{known_maps}", receiver: self, key: name)
      keytype ||= map.key_type || scalar_of(map.key_size)
      leaftype ||= map.leaf_type || scalar_of(map.value_size)
      Table.new(self, map_id(name), map.fd, keytype, leaftype, name, reducer: reducer)
    end

    def [](key)
      tables[key.to_s] ||= get_table(key)
    end

    def []=(key, value)
      tables[key.to_s] = value
    end

    # Detaches everything and frees the maps. Happens by itself when the process ends.
    def cleanup
      return if @cleaned || @module.nil?

      @cleaned = true
      [@kprobe_fds, @uprobe_fds, @tracepoint_fds, @raw_tracepoint_fds, @lsm_fds, @other_fds].each(&:detach_all)
      @tracefile&.close
      @kept_open.each(&:close)
      @perf_buffers.clear
      @ring_readers.clear
      @module.close
      BCC.forget(self)
      nil
    end

    # For tables: what they are in the kernel, and the struct their events are.
    def map_type(name) = @module.map(name).type
    def map_named(name) = @module.map(name)
    def event_type(name) = @module.event_type(name)

    def inspect
      "#<RbBCC::BCC #{@source[1]}#{" (cleaned up)" if @cleaned}>"
    end

    # True for a Hash that load_func of this object returned.
    def loaded?(function)
      @funcs.each_value.any? { |own| own.equal?(function) }
    end

    # Descriptors that tables refer to, until cleanup.
    def keep_open(io)
      @kept_open << io
    end

    # Descriptors of the maps that other programs of this process may use by name.
    def shared_maps
      return {} if @cleaned

      shared = @image.maps.select { |map| %w[public shared export].include?(map[:linkage]) }
      shared.to_h { |map| [map[:name], @module.map(map[:name]).fd] }
    end

    private

    def prepare
      @kprobe_fds = Attachments.new("kprobe")
      @uprobe_fds = Attachments.new("uprobe")
      @tracepoint_fds = Attachments.new("tracepoint")
      @raw_tracepoint_fds = Attachments.new("raw tracepoint")
      @lsm_fds = Attachments.new("LSM hook")
      @other_fds = Attachments.new("program")
      @funcs = {}
      @tables = {}
      @perf_buffers = {}
      @ring_readers = []
      @kept_open = []
    end

    def usdt_bindings(contexts)
      contexts.flat_map { |context| context.enabled.map { |probe, function| [context.context, probe, function] } }
    end

    def load_image
      warn Redbee::Image.describe(*@source, Redbee.compiler, "--disasm") if @debug & DEBUG_SOURCE != 0
      @image = Redbee::Image.compile(*@source, Redbee.compiler)
      @module = Redbee::Session.open(@image, maps_from_elsewhere)
    rescue Redbee::CompileFailed => error
      diagnostics = error.log.empty? ? [error.message] : error.log
      raise Redbee::CompileFailed.new(["BPF module not created", *diagnostics].join("\n"), log: error.log), cause: nil
    end

    # Maps this program declares "extern", made by others of this process.
    def maps_from_elsewhere
      wanted = @image.maps.select { |map| map[:linkage] == "extern" }.map { |map| map[:name] }
      wanted.empty? ? {} : BCC.shared_maps.slice(*wanted)
    end

    def map_id(name)
      @image.maps.index { |map| map[:name] == name }
    end

    def known_maps
      names = @image.maps.map { |map| map[:name] }
      names.empty? ? " (the program has no maps)" : " (the program has #{names.join(", ")})"
    end

    def scalar_of(size)
      { 1 => "unsigned char", 2 => "unsigned short", 4 => "unsigned int",
        8 => "unsigned long long" }.fetch(size) { "char[#{size}]" }
    end
  end
end
