# frozen_string_literal: true

module RbBCC
  class BCC
    # Functions whose name says what they are for are attached at once.
    module AutoAttach
      private

      def trace_autoload!
        @image.programs.each do |program|
          name = program[:name]
          Util.debug "Found fnc: #{name}"
          attach_by_name(name)
        end
      end

      def attach_by_name(name)
        prefix, event = name.split("__", 2)
        return unless event

        case prefix
        when "kprobe" then attach_kprobe(event: fix_syscall_fnname(event), fn_name: name)
        when "kretprobe" then attach_kretprobe(event: fix_syscall_fnname(event), fn_name: name)
        when "tracepoint" then attach_tracepoint(tp: event.sub("__", ":"), fn_name: name)
        when "raw_tracepoint" then attach_raw_tracepoint(tp: event, fn_name: name)
        when "lsm" then attach_lsm(fn_name: name)
        when "kfunc" then attach_kfunc(fn_name: name)
        when "kretfunc" then attach_kretfunc(fn_name: name)
        end
      end

      # System calls are called otherwise on other machines: sys_clone is __x64_sys_clone here.
      def fix_syscall_fnname(name)
        return name unless SYSCALL_PREFIXES.any? { |prefix| name.start_with?(prefix) }

        bare = Redbee.syscall_of_symbol(name) or return name
        here = get_syscall_fnname(bare)
        SymbolCache.resolve_global(here) ? here : name
      end
    end
  end
end
