#include "read_ahead.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

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

ReadAhead::ReadAhead(std::function<size_t()> read) : read_(std::move(read)), owner_(getpid()) {
  AllSignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

ReadAhead::~ReadAhead() {
  if (!is_here()) {
    thread_.detach();
    return;
  }
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool ReadAhead::is_here() const { return getpid() == owner_; }

std::unique_lock<std::mutex> ReadAhead::lock() {
  return is_here() ? std::unique_lock(mutex_) : std::unique_lock<std::mutex>();
}

bool ReadAhead::begin_wait(const std::function<bool()>& is_empty) {
  auto held = lock();
  if (!is_empty()) return false;
  ++waiting_;
  return true;
}

void ReadAhead::end_wait() {
  auto held = lock();
  --waiting_;
  if (held && is_asleep_) wake_.notify_one();
}

void ReadAhead::run() {
  std::unique_lock held(mutex_);
  Milliseconds pause = kShortest;
  while (!stop_) {
    is_asleep_ = true;
    wake_.wait(held, [&] { return stop_ || waiting_ == 0; });
    is_asleep_ = false;
    wake_.wait_for(held, pause, [&] { return stop_; });   // Ruby's turn first
    if (stop_ || waiting_ != 0) continue;
    pause = read_() == 0 ? std::min(pause * 2, kLongest) : kShortest;
  }
}

}  // namespace redbee::ruby
