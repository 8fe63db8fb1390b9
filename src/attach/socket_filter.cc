#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/attach/network_interface.h"

namespace redbee {

Result<Link> attach_socket_filter(Object& object, std::string_view program, const SocketFilterOptions& options) {
  std::string target = options.interface.empty() ? "all interfaces" : options.interface;
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  if (!options.interface.empty()) address.sll_ifindex = static_cast<int>(TRY(interface_index(options.interface)));
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::socket_filter}));

  // Protocol 0 until the filter is on: no packet passes by unfiltered.
  UniqueFd socket_fd(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_fd.is_open()) return attach_error("socket_filter", target, errno);
  int program_fd = loaded.fd();
  if (setsockopt(socket_fd.get(), SOL_SOCKET, SO_ATTACH_BPF, &program_fd, sizeof program_fd) < 0 ||
      bind(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    return attach_error("socket_filter", target, errno);
  }
  auto state = new_link("socket_filter", std::move(target));
  state->places.push_back({std::move(socket_fd), {}});
  return Link(std::move(state));
}

}  // namespace redbee
