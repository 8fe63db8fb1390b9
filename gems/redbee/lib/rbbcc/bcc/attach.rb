# frozen_string_literal: true

module RbBCC
  class BCC
    # Attaching functions of the program to events, by hand.
    module Attach
      # `tp`: "category:event". `tp_re`: all tracepoints that match.
      def attach_tracepoint(tp: "", tp_re: "", fn_name: "")
        return each_tracepoint(tp_re) { |name| attach_tracepoint(tp: name, fn_name: fn_name) } unless tp_re.to_s.empty?

        category, event = tp.split(":", 2)
        failed = "Failed to attach BPF program #{fn_name} to tracepoint #{tp}"
        unless event
          raise Redbee::NotFound.new("#{failed}: expected CATEGORY:EVENT, as in sched:sched_switch",
                                     errno: Errno::ENOENT::Errno)
        end
        attach(@tracepoint_fds, tp, failed) do
          @module.attach_tracepoint(fn_name, category.to_s, event.to_s)
        end
        self
      end

      # RuntimeError when that tracepoint has a function already.
      def attach_raw_tracepoint(tp: "", fn_name: "")
        raise "Raw tracepoint #{tp} has been attached" if @raw_tracepoint_fds.include?(tp)

        attach(@raw_tracepoint_fds, tp, "Failed to attach BPF program #{fn_name} to raw tracepoint #{tp}") do
          @module.attach_raw_tracepoint(fn_name, tp)
        end
        self
      end

      # [event name, descriptor]. On a kernel without kprobes, and where it is cheaper, another way to
      # the same function is taken. With an empty `event`, all functions that match `event_re`.
      def attach_kprobe(event:, fn_name:, event_off: 0, event_re: nil)
        if event.empty? && event_re
          return each_kernel_function(event_re) { |name| attach_kprobe(event: name, fn_name: fn_name) }
        end

        attach_kernel("p", event, fn_name, event_off, false, 0)
      end

      def attach_kretprobe(event:, fn_name:, event_re: nil, maxactive: 0)
        if event.empty? && event_re
          return each_kernel_function(event_re) do |name|
            attach_kretprobe(event: name, fn_name: fn_name, maxactive: maxactive)
          end
        end

        attach_kernel("r", event, fn_name, 0, true, maxactive)
      end

      # `name`: a path, a command or a library's short name ("c"); `sym` or `addr`: where in it.
      # [event name, descriptor]
      def attach_uprobe(name: "", sym: "", addr: nil, fn_name: "", pid: -1)
        attach_user("p", name, sym, addr, fn_name, pid, false)
      end

      def attach_uretprobe(name: "", sym: "", addr: nil, fn_name: "", pid: -1)
        attach_user("r", name, sym, addr, fn_name, pid, true)
      end

      # The function is called lsm__HOOK.
      def attach_lsm(fn_name: "")
        raise "LSM hook #{fn_name} has been attached" if @lsm_fds.include?(fn_name)

        attach(@lsm_fds, fn_name, "Failed to attach LSM #{fn_name}") do
          @module.attach_tracing(fn_name, :lsm, fn_name.delete_prefix("lsm__"))
        end
        self
      end

      # Entry and exit of kernel functions by BTF: functions that KFUNC_PROBE and KRETFUNC_PROBE made.
      def attach_kfunc(fn_name: "")
        attach_by_btf(fn_name, :fentry)
      end

      def attach_kretfunc(fn_name: "")
        attach_by_btf(fn_name, :fexit)
      end

      # Samples by a timer or a counter. Exactly one of sample_period and sample_freq.
      def attach_perf_event(ev_type: -1, ev_config: -1, fn_name: "", sample_period: 0, sample_freq: 0, pid: -1, cpu: -1)
        name = "#{ev_type}:#{ev_config}"
        attach(@other_fds, name, "Failed to attach BPF program #{fn_name} to perf event #{name}") do
          @module.attach_perf_event(fn_name, ev_type, ev_config, sample_period, sample_freq, pid, cpu)
        end
        self
      end

      def detach_perf_event(ev_type: -1, ev_config: -1) = @other_fds.detach("#{ev_type}:#{ev_config}")

      # Runs an iterator, a BPF_ITER(target) function, once; returns what it wrote with bpf_seq_write.
      # `name`: the target or the function. Linux 5.8.
      def read_iterator(name, target: nil)
        name = "bpf_iter__#{name}" unless @image.programs.any? { |program| program[:name] == name }
        link = @module.attach_iter(name, target)
        link.read
      ensure
        link&.detach
      end

      def detach_tracepoint(tp) = @tracepoint_fds.detach(tp)
      def detach_raw_tracepoint(tp) = @raw_tracepoint_fds.detach(tp)
      def detach_lsm(fn_name) = @lsm_fds.detach(fn_name)
      def detach_kprobe_event(ev_name) = @kprobe_fds.detach(ev_name)
      def detach_uprobe_event(ev_name) = @uprobe_fds.detach(ev_name)
      def detach_kprobe(event) = detach_kprobe_event(kernel_event_name("p", event))
      def detach_kretprobe(event) = detach_kprobe_event(kernel_event_name("r", event))

      def num_open_kprobes = @kprobe_fds.size
      def num_open_uprobes = @uprobe_fds.size
      def num_open_tracepoints = @tracepoint_fds.size
      def num_open_lsms = @lsm_fds.size

      def ksymname(name) = BCC.ksymname(name)

      # "__x64_sys_" on x86-64.
      def get_syscall_prefix
        SYSCALL_PREFIXES.find { |prefix| prefix == Redbee.syscall_prefix } || SYSCALL_PREFIXES.first
      end

      # The kernel function of a system call: "clone" → "__x64_sys_clone".
      def get_syscall_fnname(name)
        get_syscall_prefix + name
      end

      # For BCC.attach_raw_socket.
      def filter_socket(function, device)
        link = attach(@other_fds, "socket #{device}", "Failed to attach BPF to device #{device}") do
          @module.attach_socket_filter(function[:name], device)
        end
        function[:sock] = link.fd
        function
      end

      private

      def attach(list, name, failure)
        link = list.add(name, yield)
        Util.debug "Attach: #{name}"
        link
      rescue Redbee::VerifierRejected => error
        warn error.log if @debug.positive?
        raise error.with_context(failure), cause: nil
      rescue Redbee::Error => error
        raise error.with_context(failure), cause: nil
      end

      def attach_kernel(prefix, event, fn_name, offset, is_return, max_active)
        name = kernel_event_name(prefix, event)
        probe = is_return ? "kretprobe" : "kprobe"
        link = attach(@kprobe_fds, name, "Failed to attach BPF program #{fn_name} to #{probe} #{event}") do
          @module.attach_kprobe(fn_name, event, offset, is_return, max_active)
        end
        [name, link.fd]
      end

      def attach_user(prefix, path, symbol, address, fn_name, pid, is_return)
        path, address = BCC.check_path_symbol(path, symbol, address, pid)
        name = to_uprobe_evname(prefix, path, address, pid)
        probe = is_return ? "uretprobe" : "uprobe"
        place = symbol.empty? ? format("%s:0x%x", path, address) : "#{path}:#{symbol}"
        link = attach(@uprobe_fds, name, "Failed to attach BPF program #{fn_name} to #{probe} #{place}") do
          @module.attach_uprobe(fn_name, path, nil, address, pid, is_return)
        end
        [name, link.fd]
      end

      # The program knows its target.
      def attach_by_btf(fn_name, kind)
        attach(@other_fds, fn_name, "Failed to attach BPF program #{fn_name} by #{kind}") do
          @module.attach_tracing(fn_name, kind, nil)
        end
        self
      end

      def attach_usdt_contexts
        @usdt_contexts.each do |context|
          context.enabled.each do |probe, function|
            attach(@uprobe_fds, probe, "Failed to attach BPF program #{function} to USDT probe #{probe}") do
              @module.attach_usdt(function, context.context, probe, context.pid)
            end
          end
        end
      end

      def each_tracepoint(pattern)
        BCC.get_tracepoints(pattern).each { |name| yield name }
        self
      end

      def each_kernel_function(pattern, &block)
        (BCC.get_kprobe_functions(/\A(?:#{pattern})\z/) || []).map(&block)
      end

      def kernel_event_name(prefix, event)
        "#{prefix}_#{event.tr("+.", "_")}"
      end

      def to_uprobe_evname(prefix, path, addr, pid)
        name = format("%s_%s_0x%x", prefix, path.gsub(/[^_a-zA-Z0-9]/, "_"), addr)
        pid == -1 ? name : "#{name}_#{pid}"
      end
    end
  end
end
