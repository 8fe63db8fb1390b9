# frozen_string_literal: true

module RbBCC
  class BCC
    # Programs on network interfaces and control groups. `fn` is what load_func returned, or a name.
    module AttachNetwork
      # On packets that arrive at `dev`, before the kernel's network stack. Linux 5.9.
      def attach_xdp(dev, fn, flags = 0)
        name = function_name(fn)
        attach(@other_fds, "xdp #{dev}", "Failed to attach BPF program #{name} to XDP of #{dev}") do
          @module.attach_xdp(name, dev, flags)
        end
        self
      end

      def remove_xdp(dev, _flags = 0) = @other_fds.detach("xdp #{dev}")

      # On packets of `dev` in the kernel's traffic control; `direction` is :ingress or :egress.
      def attach_tc(dev, fn, direction: :ingress, priority: 1, handle: 1)
        name = function_name(fn)
        place = tc_name(dev, direction)
        attach(@other_fds, place, "Failed to attach BPF program #{name} to #{place}") do
          @module.attach_tc(name, dev, direction == :egress, priority, handle)
        end
        self
      end

      def remove_tc(dev, direction: :ingress) = @other_fds.detach(tc_name(dev, direction))

      # `attachable`: a directory of cgroup v2 or a descriptor of one; `attach_type`: of BPFAttachType.
      # Linux 5.7.
      def attach_func(fn, attachable, attach_type, _flags = 0)
        name = function_name(fn)
        path = attachable_path(attachable)
        attach(@other_fds, func_name(name, path, attach_type), "Failed to attach BPF program #{name} to #{path}") do
          @module.attach_cgroup(name, path, attach_type)
        end
        self
      end

      def detach_func(fn, attachable, attach_type)
        @other_fds.detach(func_name(function_name(fn), attachable_path(attachable), attach_type))
      end

      private

      def function_name(function)
        function.is_a?(Hash) ? function.fetch(:name) : function.to_s
      end

      def tc_name(dev, direction)
        return "tc #{direction} of #{dev}" if %i[ingress egress].include?(direction)

        raise ArgumentError, "direction is :ingress or :egress, not #{direction.inspect}"
      end

      def attachable_path(attachable)
        attachable = attachable.fileno if attachable.is_a?(IO)
        attachable.is_a?(Integer) ? File.readlink("/proc/self/fd/#{attachable}") : File.expand_path(attachable.to_s)
      end

      def func_name(name, path, attach_type)
        "#{name} of #{path} (attach type #{attach_type})"
      end
    end
  end

  # enum bpf_attach_type of linux/bpf.h, as far as attach_func takes them.
  module BPFAttachType
    CGROUP_INET_INGRESS = 0
    CGROUP_INET_EGRESS = 1
    CGROUP_INET_SOCK_CREATE = 2
    CGROUP_SOCK_OPS = 3
    CGROUP_DEVICE = 6
    CGROUP_INET4_BIND = 8
    CGROUP_INET6_BIND = 9
    CGROUP_INET4_CONNECT = 10
    CGROUP_INET6_CONNECT = 11
    CGROUP_UDP4_SENDMSG = 14
    CGROUP_UDP6_SENDMSG = 15
    CGROUP_GETSOCKOPT = 21
    CGROUP_SETSOCKOPT = 22
  end

  # How an XDP program is attached.
  module XDPFlags
    UPDATE_IF_NOEXIST = 1 << 0
    SKB_MODE = 1 << 1
    DRV_MODE = 1 << 2
    HW_MODE = 1 << 3
  end
end
