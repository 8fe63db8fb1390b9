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
#include <memory>
#include <mutex>
#include <thread>

namespace redbee::ruby {

class ReadAhead {
 public:
  explicit ReadAhead(std::function<size_t()> read);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // Holds nothing in a forked child, where the thread does not exist.
  std::unique_lock<std::mutex> lock();
  // The caller is going to wait for records, unless `is_empty` (called under the lock) says no.
  bool begin_wait(const std::function<bool()>& is_empty);
  void end_wait();
  // False in a forked child.
  bool is_here() const;
  // In a forked child: the process that made this has ended (as Process.daemon makes it).
  bool is_orphaned() const;
  // In a forked child: fork came while the thread was inside read, which left its data half changed.
  bool was_interrupted();

 private:
  // A forked child has a copy of a lock that nobody will open and a condition that a thread waits for
  // that does not exist; to destroy them would wait for it. So a child leaves them where they are.
  struct Shared {
    std::mutex mutex;
    std::condition_variable wake;
    int waiting = 0;          // how many threads of Ruby wait for records
    bool is_asleep = false;   // the thread waits for Ruby to become busy
    bool stop = false;
    std::thread thread;
  };
  using Milliseconds = std::chrono::milliseconds;
  void run(Shared& shared);

  std::function<size_t()> read_;
  pid_t owner_;
  std::unique_ptr<Shared> shared_;
};

}  // namespace redbee::ruby
