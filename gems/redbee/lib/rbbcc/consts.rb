# frozen_string_literal: true

module RbBCC
  # In the order in which they are tried; the first is the answer when no symbol can be read.
  SYSCALL_PREFIXES = %w[
    sys_
    __x64_sys_
    __x32_compat_sys_
    __ia32_compat_sys_
    __arm64_sys_
    __s390x_sys_
    __s390_sys_
    __riscv_sys_
  ].freeze

  # Where the kernel's trace files are. debugfs shows them at the older place, when it is mounted.
  TRACEFS = ["/sys/kernel/debug/tracing", "/sys/kernel/tracing"]
            .find { |dir| File.exist?("#{dir}/trace_pipe") } || "/sys/kernel/tracing"

  class BCC
    # Program types, as enum bpf_prog_type in linux/bpf.h numbers them.
    SOCKET_FILTER = 1
    KPROBE = 2
    SCHED_CLS = 3
    SCHED_ACT = 4
    TRACEPOINT = 5
    XDP = 6
    PERF_EVENT = 7
    CGROUP_SKB = 8
    CGROUP_SOCK = 9
    LWT_IN = 10
    LWT_OUT = 11
    LWT_XMIT = 12
    SOCK_OPS = 13
    SK_SKB = 14
    CGROUP_DEVICE = 15
    SK_MSG = 16
    RAW_TRACEPOINT = 17
    CGROUP_SOCK_ADDR = 18
    CGROUP_SOCKOPT = 25
    TRACING = 26
    LSM = 29
  end
  BPF = BCC
end
