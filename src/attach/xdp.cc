#include <bpf/bpf.h>

#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/attach/network_interface.h"

namespace redbee {

Result<Link> attach_xdp(Object& object, std::string_view program, const XdpOptions& options) {
  int index = static_cast<int>(TRY(interface_index(options.interface)));
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::xdp}));
  LIBBPF_OPTS(bpf_link_create_opts, create, .flags = options.flags);
  return link_of_fd(bpf_link_create(loaded.fd(), index, BPF_XDP, &create), "xdp", options.interface);
}

}  // namespace redbee
