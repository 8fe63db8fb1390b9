// tc: a tcx link where the kernel has it (Linux 6.6), which dies with the process; else a filter on a
// clsact qdisc, which only detach() removes.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/attach/network_interface.h"
#include "src/base/text.h"
#include "src/load/libbpf_log.h"

namespace redbee {
namespace {

// BPF_TCX_INGRESS and BPF_TCX_EGRESS, newer than the headers.
constexpr int kTcxIngress = 46, kTcxEgress = 47;

struct Filter {
  int interface;
  bpf_tc_attach_point point;
  uint32_t handle, priority;
  bool made_qdisc;
};

bpf_tc_hook hook_of(const Filter& filter, bpf_tc_attach_point point) {
  return {.sz = sizeof(bpf_tc_hook), .ifindex = filter.interface, .attach_point = point, .parent = 0};
}

Status remove_filter(const Filter& filter) {
  LibbpfMessages messages;
  bpf_tc_hook hook = hook_of(filter, filter.point);
  LIBBPF_OPTS(bpf_tc_opts, options, .handle = filter.handle, .priority = filter.priority);
  int error = bpf_tc_detach(&hook, &options);
  if (filter.made_qdisc) {
    bpf_tc_hook both = hook_of(filter, static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
    bpf_tc_hook_destroy(&both);
  }
  if (error) return fail(Error{Errc::os, cat("remove tc filter: ", messages.last()), -error, {}});
  return {};
}

Result<Link> attach_filter(int program_fd, const TcOptions& options, int index, const std::string& target) {
  LibbpfMessages messages;
  Filter filter{index, options.is_egress ? BPF_TC_EGRESS : BPF_TC_INGRESS, options.handle, options.priority, false};
  bpf_tc_hook hook = hook_of(filter, filter.point);
  int error = bpf_tc_hook_create(&hook);
  if (error && error != -EEXIST) return attach_error("tc", target, -error);
  filter.made_qdisc = error == 0;
  LIBBPF_OPTS(bpf_tc_opts, attach, .prog_fd = program_fd, .handle = options.handle, .priority = options.priority);
  error = bpf_tc_attach(&hook, &attach);
  if (error) return attach_error("tc", target, -error);
  auto state = new_link("tc", target);
  state->undo.push_back([filter] { return remove_filter(filter); });
  return Link(std::move(state));
}

}  // namespace

Result<Link> attach_tc(Object& object, std::string_view program, const TcOptions& options) {
  int index = static_cast<int>(TRY(interface_index(options.interface)));
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::sched_cls}));
  std::string target = cat(options.interface, options.is_egress ? " egress" : " ingress");
  auto type = static_cast<bpf_attach_type>(options.is_egress ? kTcxEgress : kTcxIngress);
  int fd = bpf_link_create(loaded.fd(), index, type, nullptr);
  if (fd >= 0) return link_of_fd(fd, "tcx", std::move(target));
  return attach_filter(loaded.fd(), options, index, target);
}

}  // namespace redbee
