# frozen_string_literal: true

module RbBCC
  class BCC
    class << self
      # The path itself, or as seen from the script's folder. nil for nil.
      def _find_file(filename)
        return filename if filename.nil? || File.exist?(filename)

        beside_script = File.expand_path("../#{filename}", $0)
        return beside_script if File.exist?(beside_script)

        raise "Could not find file #{filename} (nor #{beside_script})"
      end

      # The kernel function at an address.
      def ksym(addr, show_module: false, show_offset: false)
        sym(addr, SymbolCache::KERNEL, show_module: show_module, show_offset: show_offset, demangle: false)
      end

      # A pointer to the address of a kernel symbol, or false.
      def ksymname(name)
        SymbolCache.resolve_global(name)
      end

      # The function at an address of process `pid`: "name", "name+0x12", "name [libfoo.so]".
      # `addr` may be a frame of a stack with build ids: those of files that add_module told of have names.
      def sym(addr, pid, show_module: false, show_offset: false, demangle: true)
        name, offset, binary = addr.respond_to?(:build_id) ? BuildIds.resolve(addr, demangle) : SymbolCache.cache(pid).resolve(addr, demangle)
        binary ||= "kernel" if name && pid.negative?
        text = name ? name.dup : +"[unknown]"
        text << format("+0x%x", offset) if show_offset && name
        text << " [#{File.basename(binary)}]" if show_module && binary
        text
      end

      # Tells `sym` of a file; returns its build id, nil when it has none.
      def add_module(path)
        BuildIds.add(path)
      end

      def support_raw_tracepoint
        ksymname("bpf_find_raw_tracepoint") || ksymname("bpf_get_raw_tracepoint")
      end

      # Functions that are attached by BTF (fentry and fexit, Linux 5.5); BPF LSM (5.7). A kernel may still
      # refuse them by policy: attaching tells.
      def support_kfunc = File.exist?("/sys/kernel/btf/vmlinux") && !!ksymname("bpf_trampoline_link_prog")
      def support_lsm = !!ksymname("bpf_lsm_bpf")

      # Nanoseconds, as bpf_ktime_get_ns counts them.
      def monotonic_time = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)

      # "category:event" of all tracepoints that match from their beginning on.
      def get_tracepoints(tp_re)
        names = Dir.glob("#{TRACEFS}/events/*/*/id").map { |path| path.split("/")[-3, 2].join(":") }
        names.grep(/\A(?:#{tp_re})/).sort
      end

      def tracepoint_exists(category, event) = File.exist?("#{TRACEFS}/events/#{category}/#{event}/id")

      # Names of kernel functions that match (anywhere in the name), nil when there is none. Functions
      # that the kernel does not let probe, or frees after boot, are left out.
      def get_kprobe_functions(event_re)
        symbols = SymbolCache[SymbolCache::KERNEL]
        pattern = Regexp.new(event_re)
        freed = symbols.find_address(nil, "__init_begin")...symbols.find_address(nil, "__init_end").to_i
        names = symbols.functions.filter_map do |name, address|
          name if name.match?(pattern) && !freed.cover?(address) && !unprobeable?(name)
        end
        names = names.uniq - kprobe_blacklist
        names &= traceable_functions || names unless names.empty?
        names.empty? ? nil : names
      end

      # [path, address in the file] of a function; of `addr` itself when it is given.
      def check_path_symbol(module_, symname, addr, pid)
        path = Redbee.find_binary(module_, pid)
        return [path, addr] if addr && addr != 0

        address, is_ifunc = Redbee.find_function(path, symname)
        raise "could not determine address of symbol #{symname} in #{path}" unless address

        address = IndirectFunction.implementation(path, symname) || address if is_ifunc
        [path, address]
      rescue Redbee::NotFound, Redbee::InvalidArgument => error
        raise "could not determine address of symbol #{symname}: #{error.message}"
      end

      # A type as BCC describes it: text stays text, ["data_t", [["pid", "unsigned int"]], "struct"]
      # becomes a struct class.
      def decode_table_type(desc)
        desc.is_a?(String) ? desc : DescribedType.decode(desc)
      end

      # Makes a raw socket that `fn` (of load_func) filters; its descriptor is fn[:sock] then.
      def attach_raw_socket(fn, dev)
        raise "arg 1 must be what load_func returned, a Hash" unless fn.is_a?(Hash)

        owner = kept.find { |bpf| bpf.loaded?(fn) } or raise "#{fn} is no function of a program that is loaded"
        owner.filter_socket(fn, dev)
      end

      # Gives a map (by descriptor) or a function (by load_func's Hash) a path on a bpffs.
      def pin!(fd, path)
        fd = fd[:fd] if fd.is_a?(Hash)
        raise ArgumentError, "fd must exist and be a non-negative Integer" unless fd.is_a?(Integer) && fd >= 0
        raise ArgumentError, "path must be a non-empty String" unless path.is_a?(String) && !path.empty?

        Redbee::Pin.pin(fd, path)
      end

      # Programs stay attached while the process lives, also when the script keeps no reference.
      def keep(bpf)
        kept << bpf
      end

      def forget(bpf)
        kept.delete_if { |one| one.equal?(bpf) }
      end

      def kept
        @kept ||= []
      end

      def shared_maps
        kept.map(&:shared_maps).reduce({}, :merge)
      end

      private

      # The file is there only on kernels with kprobes, and in debugfs.
      def kprobe_blacklist
        File.readlines("/sys/kernel/debug/kprobes/blacklist").map { |line| line.split[1] }
      rescue SystemCallError
        []
      end

      # nil where the kernel does not say. Functions in kallsyms that are not among these were compiled
      # without the place for a probe.
      def traceable_functions
        File.foreach("#{TRACEFS}/available_filter_functions").map { |line| line.split.first }
      rescue SystemCallError
        nil
      end

      def unprobeable?(name)
        name.start_with?("_kbl_addr_", "__perf", "perf_", "__SCT__") || name.match?(/\.cold(\.\d+)?\z/)
      end
    end

    # A forked child must not take down what its parent has attached.
    owner = Process.pid
    at_exit { kept.dup.each(&:cleanup) if Process.pid == owner }
  end
end

{ BuildIds: "build_ids", DescribedType: "described_type", IndirectFunction: "indirect_function" }.each do |name, file|
  RbBCC::BCC.autoload name, "#{__dir__}/#{file}.rb"
end
