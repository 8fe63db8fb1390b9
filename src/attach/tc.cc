// tc: a tcx link where the kernel has it (Linux 6.6), which dies with the process; else a guarded filter
// on a clsact qdisc (clsact.h).
#include <bpf/bpf.h>

#include "redbee/link.h"
#include "src/attach/clsact.h"
#include "src/attach/link_state.h"
#include "src/attach/network_interface.h"
#include "src/base/text.h"

namespace redbee {
namespace {

// BPF_TCX_INGRESS and BPF_TCX_EGRESS, newer than the headers.
constexpr int kTcxIngress = 46, kTcxEgress = 47;

Result<Link> attach_filter(int program_fd, const ClsactPlace& place, const std::string& target) {
  auto filter = add_guarded_filter(program_fd, place);
  if (!filter && filter.error().sys_errno == EPERM) return attach_error("tc", target, EPERM);
  if (!filter) return fail(std::move(filter).error().with_context(cat("attach tc ", target)));
  auto state = new_link("tc", target);
  state->places.push_back({std::move(filter->array), {}});
  state->undo.push_back([place, owns_qdisc = filter->owns_qdisc] { return remove_filter(place, owns_qdisc); });
  return Link(std::move(state));
}

}  // namespace

Result<Link> attach_tc(Object& object, std::string_view program, const TcOptions& options) {
  int index = static_cast<int>(TRY(interface_index(options.interface)));
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::sched_cls}));
  std::string target = cat(options.interface, options.is_egress ? " egress" : " ingress");
  auto type = static_cast<bpf_attach_type>(options.is_egress ? kTcxEgress : kTcxIngress);
  int fd = bpf_link_create(loaded.fd(), index, type, nullptr);
  // EINVAL: the kernel does not know that type of link.
  if (fd != -EINVAL) return link_of_fd(fd, "tcx", std::move(target));
  ClsactPlace place{index, options.is_egress, options.priority, options.handle};
  return attach_filter(loaded.fd(), place, target);
}

}  // namespace redbee
