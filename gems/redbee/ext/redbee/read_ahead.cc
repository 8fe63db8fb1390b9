#include "read_ahead.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace redbee::ruby {
namespace {

// How long Ruby may be busy before this thread helps. A ring of 32 KB (the default of 8 pages) takes
// 680 records of 48 bytes: enough for 340,000 a second and CPU.
constexpr std::chrono::milliseconds kShortest(2);
// Where nothing arrives, it looks ever less often, down to this.
constexpr std::chrono::milliseconds kLongest(20);

// Signals are Ruby's: a new thread inherits a mask that lets none through.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

ReadAhead::ReadAhead(std::function<size_t()> read)
    : read_(std::move(read)), owner_(getpid()), shared_(std::make_unique<Shared>()) {
  AllSignalsBlocked blocked;
  shared_->thread = std::thread([this] { run(*shared_); });
}

ReadAhead::~ReadAhead() {
  if (!is_here()) {
    (void)shared_.release();
    return;
  }
  {
    std::lock_guard lock(shared_->mutex);
    shared_->stop = true;
  }
  shared_->wake.notify_one();
  shared_->thread.join();
}

bool ReadAhead::is_here() const { return getpid() == owner_; }

// A zombie has ended too, which kill(2) does not tell.
bool ReadAhead::is_orphaned() const {
  int pidfd = static_cast<int>(syscall(SYS_pidfd_open, owner_, 0));
  if (pidfd < 0) return errno == ESRCH;
  pollfd ended{pidfd, POLLIN, 0};
  bool has_ended = poll(&ended, 1, 0) == 1;
  close(pidfd);
  return has_ended;
}

bool ReadAhead::was_interrupted() {
  if (!shared_->mutex.try_lock()) return true;
  shared_->mutex.unlock();
  return false;
}

std::unique_lock<std::mutex> ReadAhead::lock() {
  return is_here() ? std::unique_lock(shared_->mutex) : std::unique_lock<std::mutex>();
}

bool ReadAhead::begin_wait(const std::function<bool()>& is_empty) {
  auto held = lock();
  if (!is_empty()) return false;
  ++shared_->waiting;
  return true;
}

void ReadAhead::end_wait() {
  auto held = lock();
  --shared_->waiting;
  if (held && shared_->is_asleep) shared_->wake.notify_one();
}

void ReadAhead::run(Shared& shared) {
  std::unique_lock held(shared.mutex);
  Milliseconds pause = kShortest;
  while (!shared.stop) {
    shared.is_asleep = true;
    shared.wake.wait(held, [&] { return shared.stop || shared.waiting == 0; });
    shared.is_asleep = false;
    shared.wake.wait_for(held, pause, [&] { return shared.stop; });   // Ruby's turn first
    if (shared.stop || shared.waiting != 0) continue;
    pause = read_() == 0 ? std::min(pause * 2, kLongest) : kShortest;
  }
}

}  // namespace redbee::ruby
