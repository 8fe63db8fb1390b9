#include "tests/kernel/kinds.h"

#include <unistd.h>

#include "redbee/usdt.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

const Source kProbes{[] { return open_object("probes"); }, "counts"};
const Source kUsdt{[] { return open_object("usdt"); }, "ticks"};
const Source kPlain{open_plain_object, "kt_plain"};
const Source kIterator{open_iterator_object, "kt_tasks"};

KprobeOptions vfs_read() { return {.symbol = "vfs_read"}; }
UprobeOptions add() { return {.path = "/proc/self/exe", .symbol = "redbee_test_add", .pid = getpid()}; }

// Past the call of the function tracer, whose place the compiler's options decide.
Result<Link> attach_kprobe_inside(Object& object, const std::string&) {
  Result<Link> link = fail(Errc::not_found, "never tried");
  for (uint64_t offset : {4, 5, 9}) {
    if (!link) link = attach_kprobe(object, "kprobe__vfs_read", {.symbol = "vfs_read", .offset = offset});
  }
  return link;
}

Result<Link> attach_kretprobe(Object& object, uint32_t max_active) {
  KprobeOptions options{.symbol = "vfs_read", .is_return = true, .max_active = max_active};
  return attach_kprobe(object, "kretprobe__vfs_read", options);
}

Result<Link> attach_tick(Object& object, const std::string&) {
  auto known = TRY(read_usdt_probes({.pid = getpid()}));
  const UsdtProbe* probe = find_usdt_probe(known, "redbee_test:tick");
  if (!probe) return fail(Errc::not_found, "this program has no probe");
  return attach_usdt(object, "on_tick", *probe, {.pid = getpid()});
}

constexpr uint32_t kGenericXdp = 1 << 1;   // XDP_FLAGS_SKB_MODE

using O = Object&;
using C = const std::string&;
}  // namespace

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> table = {
      {"kprobe", {Feature::kprobe}, kProbes, [](O o, C) { return attach_kprobe(o, "kprobe__vfs_read", vfs_read()); }},
      {"kprobe_offset", {Feature::kprobe}, kProbes, attach_kprobe_inside},
      {"kretprobe", {Feature::kprobe}, kProbes, [](O o, C) { return attach_kretprobe(o, 0); }},
      {"kretprobe_maxactive", {Feature::kprobe}, kProbes, [](O o, C) { return attach_kretprobe(o, 8); }, true},
      {"kprobe_best", {Feature::raw_tracepoint}, kProbes,
       [](O o, C) { return attach_kprobe_best(o, "syscall__getpgid", {.symbol = "sys_getpgid"}); }},
      {"raw_syscall", {Feature::raw_tracepoint}, kProbes,
       [](O o, C) { return attach_kprobe_best(o, "syscall__getpgid", {.symbol = "sys_getpgid"}, AttachPreference::raw); }},
      {"fentry", {Feature::fentry}, kPlain, [](O o, C) { return attach_fentry(o, "kt_fentry"); }},
      {"fexit", {Feature::fentry}, kPlain, [](O o, C) { return attach_fexit(o, "kt_fexit"); }},
      {"fmod_ret", {Feature::fmod_ret}, kPlain, [](O o, C) { return attach_fmod_ret(o, "kt_fmod_ret"); }},
      {"lsm", {Feature::lsm}, kPlain, [](O o, C) { return attach_lsm(o, "kt_lsm"); }},
      {"tracepoint", {Feature::tracepoint, Feature::syscall_tracepoints}, kProbes,
       [](O o, C) {
         return attach_tracepoint(o, "tracepoint__syscalls__sys_enter_getpgid", {.category = "syscalls", .name = "sys_enter_getpgid"});
       }},
      {"raw_tracepoint", {Feature::raw_tracepoint}, kProbes,
       [](O o, C) { return attach_raw_tracepoint(o, "raw_tracepoint__sys_enter", {.name = "sys_enter"}); }},
      {"tp_btf", {Feature::tp_btf}, kPlain, [](O o, C) { return attach_tp_btf(o, "kt_tp_btf"); }},
      {"uprobe", {Feature::uprobe}, kProbes, [](O o, C) { return attach_uprobe(o, "on_entry", add()); }},
      {"uretprobe", {Feature::uprobe}, kProbes,
       [](O o, C) {
         UprobeOptions options = add();
         options.is_return = true;
         return attach_uprobe(o, "on_return", options);
       }},
      {"usdt", {Feature::uprobe, Feature::usdt_semaphore}, kUsdt, attach_tick},
      {"perf_event", {Feature::perf_event_software}, kProbes,
       [](O o, C) { return attach_perf_event(o, "on_clock", {.period = 10000000, .pid = getpid()}); }},
      {"perf_event_on_every_cpu", {Feature::perf_event_software}, kProbes,
       [](O o, C) { return attach_perf_event(o, "on_clock", {.frequency_hz = 49}); }},
      {"socket_filter", {}, kPlain, [](O o, C) { return attach_socket_filter(o, "kt_socket", {.interface = "lo"}); }},
      {"xdp", {}, kPlain, [](O o, C) { return attach_xdp(o, "kt_xdp", {.interface = "lo", .flags = kGenericXdp}); }},
      {"tc_ingress", {}, kPlain, [](O o, C) { return attach_tc(o, "kt_tc", {.interface = "lo"}); }, true},
      {"tc_egress", {}, kPlain, [](O o, C) { return attach_tc(o, "kt_tc", {.interface = "lo", .is_egress = true}); }, true},
      {"cgroup_skb", {}, kPlain, [](O o, C c) { return attach_cgroup(o, "kt_cgroup", {.path = c}); }},
      {"cgroup_sock", {}, kPlain, [](O o, C c) { return attach_cgroup(o, "kt_cgroup_sock", {.path = c}); }},
      {"iter", {Feature::iter}, kIterator, [](O o, C) { return attach_iter(o, "kt_iter_task"); }},
  };
  return table;
}

}  // namespace redbee::kernel_test
