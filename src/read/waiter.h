// Waiter: sleeps until one of several descriptors is readable, a timeout, or stop() from elsewhere.
#pragma once

#include "redbee/result.h"
#include "src/base/unique_fd.h"

namespace redbee {

class Waiter {
 public:
  static Result<Waiter> create();

  Status add(int fd);
  // True when a descriptor was readable; false after the timeout or stop().
  Result<bool> wait(int timeout_ms);
  // Async-signal-safe, from any thread.
  void stop();
  void resume();
  int epoll_fd() const { return epoll_.get(); }

 private:
  Waiter(UniqueFd epoll, UniqueFd event) : epoll_(std::move(epoll)), stop_event_(std::move(event)) {}
  UniqueFd epoll_;
  UniqueFd stop_event_;   // readable: stopped
};

}  // namespace redbee
