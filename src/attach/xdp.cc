#include <bpf/bpf.h>

#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/attach/network_interface.h"
#include "src/base/text.h"

namespace redbee {

Result<Link> attach_xdp(Object& object, std::string_view program, const XdpOptions& options) {
  int index = static_cast<int>(TRY(interface_index(options.interface)));
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::xdp}));
  LIBBPF_OPTS(bpf_link_create_opts, create, .flags = options.flags);
  int fd = bpf_link_create(loaded.fd(), index, BPF_XDP, &create);
  std::string what = cat("attach xdp ", options.interface, ": ");
  if (fd == -EBUSY || fd == -EEXIST) {
    what += cat("another XDP program is on it: ip link set dev ", options.interface, " xdp off");
    return fail(Error{Errc::invalid_argument, std::move(what), -fd, {}});
  }
  if (fd == -EOPNOTSUPP) {
    what += "its driver has no XDP of the mode asked for: XDP_FLAGS_SKB_MODE works with every interface";
    return fail(Error{Errc::not_supported, std::move(what), -fd, {}});
  }
  return link_of_fd(fd, "xdp", options.interface);
}

}  // namespace redbee
