// What a Link owns. Attach functions fill it, then wrap it.
#pragma once

#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "redbee/link.h"
#include "src/base/unique_fd.h"

namespace redbee {

// One place: closing `link`, then `event`, detaches there.
struct Attachment {
  UniqueFd event;                      // perf event, socket, …; may be closed when `link` holds it
  UniqueFd link;                       // BPF link, where the kernel has one for this
};

struct Link::State {
  std::string method;
  std::string target;
  std::vector<Attachment> places;
  // What closing descriptors does not undo (tracefs events, tc filters); runs after they are closed.
  std::vector<std::function<Status()>> undo;

  std::function<Result<uint64_t>()> read_missed = {};   // where the kernel counts what it missed

  // A forked child has copies of the descriptors, but what `undo` removes is its parent's.
  pid_t owner = getpid();

  State() = default;
  State(const State&) = delete;
  ~State() { (void)detach(); }   // also undoes a half-made attachment
  Status detach();
};

inline std::unique_ptr<Link::State> new_link(std::string method, std::string target) {
  auto state = std::make_unique<Link::State>();
  state->method = std::move(method);
  state->target = std::move(target);
  return state;
}

// A link that is one BPF link descriptor.
Result<Link> link_of_fd(int fd_or_error, std::string method, std::string target);

// The error of an attachment, with the reason that an errno alone does not tell.
tl::unexpected<Error> attach_error(const std::string& method, const std::string& target, int error);

}  // namespace redbee
