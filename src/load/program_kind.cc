#include "src/load/program_kind.h"

namespace redbee {
namespace {

constexpr KindInfo kKinds[] = {
    {ProgramKind::automatic, "", BPF_PROG_TYPE_UNSPEC, -1, nullptr, false, "3.18"},
    {ProgramKind::kprobe, "kprobe", BPF_PROG_TYPE_KPROBE, -1, nullptr, false, "4.1"},
    {ProgramKind::tracepoint, "tracepoint", BPF_PROG_TYPE_TRACEPOINT, -1, nullptr, false, "4.7"},
    {ProgramKind::raw_tracepoint, "raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, -1, nullptr, false, "4.17"},
    {ProgramKind::perf_event, "perf_event", BPF_PROG_TYPE_PERF_EVENT, -1, nullptr, false, "4.9"},
    {ProgramKind::fentry, "fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "", false, "5.5"},
    {ProgramKind::fexit, "fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "", false, "5.5"},
    {ProgramKind::fmod_ret, "fmod_ret", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "", false, "5.7"},
    {ProgramKind::tp_btf, "tp_btf", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_", true, "5.5"},
    {ProgramKind::lsm, "lsm", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_", false, "5.7"},
    {ProgramKind::iter, "iter", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_", false, "5.8"},
    {ProgramKind::socket_filter, "socket_filter", BPF_PROG_TYPE_SOCKET_FILTER, -1, nullptr, false, "3.19"},
    {ProgramKind::sched_cls, "sched_cls", BPF_PROG_TYPE_SCHED_CLS, -1, nullptr, false, "4.1"},
    {ProgramKind::sched_act, "sched_act", BPF_PROG_TYPE_SCHED_ACT, -1, nullptr, false, "4.1"},
    {ProgramKind::xdp, "xdp", BPF_PROG_TYPE_XDP, BPF_XDP, nullptr, false, "4.8"},
    {ProgramKind::cgroup_skb, "cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, -1, nullptr, false, "4.10"},
    {ProgramKind::cgroup_sock, "cgroup_sock", BPF_PROG_TYPE_CGROUP_SOCK, -1, nullptr, false, "4.10"},
    {ProgramKind::cgroup_device, "cgroup_device", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, nullptr, false, "4.15"},
    {ProgramKind::cgroup_sock_addr, "cgroup_sock_addr", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, -1, nullptr, false, "4.17"},
    {ProgramKind::cgroup_sockopt, "cgroup_sockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, -1, nullptr, false, "5.3"},
    {ProgramKind::sock_ops, "sock_ops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, nullptr, false, "4.13"},
    {ProgramKind::sk_skb, "sk_skb", BPF_PROG_TYPE_SK_SKB, -1, nullptr, false, "4.14"},
    {ProgramKind::sk_msg, "sk_msg", BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, nullptr, false, "4.17"},
};

struct Alias {
  const char* name;
  ProgramKind kind;
};
constexpr Alias kAliases[] = {
    {"kretprobe", ProgramKind::kprobe},  {"uprobe", ProgramKind::kprobe},
    {"uretprobe", ProgramKind::kprobe},  {"usdt", ProgramKind::kprobe},
    {"raw_syscall", ProgramKind::raw_tracepoint}, {"raw_syscall_return", ProgramKind::raw_tracepoint},
    {"raw_tp", ProgramKind::raw_tracepoint},
};

}  // namespace

const KindInfo& info_of(ProgramKind kind) { return kKinds[static_cast<size_t>(kind)]; }

const KindInfo* kind_of_type(uint32_t type) {
  for (const KindInfo& info : kKinds) {
    if (info.type == type && type != BPF_PROG_TYPE_UNSPEC && !info.btf_prefix) return &info;
  }
  return nullptr;
}

std::optional<ProgramKind> kind_named(std::string_view name) {
  if (name.empty()) return std::nullopt;
  for (const KindInfo& info : kKinds) {
    if (name == info.name) return info.kind;
  }
  for (const Alias& alias : kAliases) {
    if (name == alias.name) return alias.kind;
  }
  return std::nullopt;
}

}  // namespace redbee
