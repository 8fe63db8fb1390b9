// ReadAhead: a thread that empties a reader's kernel rings while Ruby is busy with something else, so
// that a burst is not lost because a block is slow or the garbage collector runs.
//
// It works only then: while Ruby waits for records it sleeps, and Ruby reads them itself at once.
// Both sides use the rings under one lock; nothing here touches Ruby.
//
//   ReadAhead ahead([&] { return drain(); });     // called under the lock; how many it moved
//   auto lock = ahead.lock();  drain();  take();
//   if (ahead.begin_wait([&] { return nothing_taken_yet(); })) { poll(…); ahead.end_wait(); }
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace redbee::ruby {

class ReadAhead {
 public:
  explicit ReadAhead(std::function<size_t()> read);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // Holds nothing in a forked child: there the thread does not exist, and the lock may never be free.
  std::unique_lock<std::mutex> lock();
  // The caller is going to wait for records, unless `is_empty` (called under the lock) says no.
  bool begin_wait(const std::function<bool()>& is_empty);
  void end_wait();
  // False in a forked child.
  bool is_here() const;

 private:
  using Milliseconds = std::chrono::milliseconds;
  void run();

  std::function<size_t()> read_;
  std::mutex mutex_;
  std::condition_variable wake_;
  int waiting_ = 0;          // how many threads of Ruby wait for records
  bool is_asleep_ = false;   // the thread waits for Ruby to become busy
  bool stop_ = false;
  pid_t owner_;
  std::thread thread_;
};

}  // namespace redbee::ruby
