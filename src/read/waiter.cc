#include "src/read/waiter.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "src/base/os_error.h"

namespace redbee {

Result<Waiter> Waiter::create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return os_error("epoll_create");
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.is_open()) return os_error("eventfd");
  Waiter waiter(std::move(epoll), std::move(event));
  TRY(waiter.add(waiter.stop_event_.get()));
  return waiter;
}

Status Waiter::add(int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) return os_error("epoll_ctl");
  return {};
}

Result<bool> Waiter::wait(int timeout_ms) {
  epoll_event events[64];
  int n = epoll_wait(epoll_.get(), events, 64, timeout_ms);
  if (n < 0 && errno == EINTR) return false;   // a signal: the caller decides whether to go on
  if (n < 0) return os_error("epoll_wait");
  for (int i = 0; i < n; i++) {
    if (events[i].data.fd != stop_event_.get()) return true;
  }
  return false;
}

void Waiter::stop() {
  uint64_t one = 1;
  (void)!write(stop_event_.get(), &one, sizeof one);
}

void Waiter::resume() {
  uint64_t count;
  (void)!read(stop_event_.get(), &count, sizeof count);
}

}  // namespace redbee
