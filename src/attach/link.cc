#include "redbee/link.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include "src/attach/link_state.h"
#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee {

Status Link::State::detach() {
  places.clear();
  if (getpid() != owner) undo.clear();
  Status first;
  for (auto step = undo.rbegin(); step != undo.rend(); ++step) {
    Status status = (*step)();
    if (!status && first) first = std::move(status);
  }
  undo.clear();
  return first;
}

Link::Link(std::unique_ptr<State> state) : state_(std::move(state)) {}
Link::Link(Link&&) noexcept = default;

Link& Link::operator=(Link&&) noexcept = default;
Link::~Link() = default;

const std::string& Link::method() const { return state_->method; }
const std::string& Link::target() const { return state_->target; }
size_t Link::size() const { return state_->places.size(); }

int Link::fd() const {
  if (state_->places.empty()) return -1;
  const Attachment& place = state_->places.front();
  return place.link.is_open() ? place.link.get() : place.event.get();
}

Result<uint64_t> Link::missed() const {
  if (state_->read_missed) return state_->read_missed();
  return fail(Errc::not_supported, cat(target(), ": the kernel counts missed returns of kretprobes with max_active only"));
}

Status Link::detach() { return state_->detach(); }

Status Link::pin(const std::string& path) {
  if (state_->places.size() != 1 || !state_->places[0].link.is_open()) {
    return fail(Errc::not_supported, cat("pin ", target(), ": only an attachment that is one kernel link can be "
                                         "pinned (perf events and probes: Linux 5.15)"));
  }
  if (bpf_obj_pin(state_->places[0].link.get(), path.c_str()) < 0) {
    return os_error(cat("pin ", target(), " to ", path, " (a bpffs?)"));
  }
  return {};
}

void Link::release() {
  for (Attachment& place : state_->places) {
    place.link.release();
    place.event.release();
  }
  state_->places.clear();
  state_->undo.clear();
}

Result<Link> link_of_fd(int fd_or_error, std::string method, std::string target) {
  if (fd_or_error < 0) return attach_error(method, target, -fd_or_error);
  auto state = new_link(std::move(method), std::move(target));
  state->places.push_back({{}, UniqueFd(fd_or_error)});
  return Link(std::move(state));
}

namespace {

// Networking has capabilities of its own; the ones that os_error knows are those of tracing.
const char* network_capability(const std::string& method) {
  if (method == "socket_filter") return "CAP_NET_RAW";
  if (method == "xdp" || method == "tc" || method == "tcx" || method == "cgroup") return "CAP_NET_ADMIN";
  return nullptr;
}

}  // namespace

tl::unexpected<Error> attach_error(const std::string& method, const std::string& target, int error) {
  const char* capability = network_capability(method);
  if (error == EPERM && capability) {
    std::string text = cat("attach ", method, " ", target, ": Operation not permitted (that needs ", capability, ")");
    return fail(Error{Errc::not_permitted, std::move(text), error, {}});
  }
  return os_error(cat("attach ", method, " ", target), error);
}

}  // namespace redbee
