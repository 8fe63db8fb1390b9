#include "profiler/sample/task_state.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace redbee::profiler {
namespace {

// A child that runs `body`; killed and reaped at the end.
class Child {
 public:
  template <typename Body>
  explicit Child(Body body) : pid_(fork()) {
    if (pid_ == 0) {
      body();
      _exit(0);
    }
  }
  ~Child() { reap(); }
  void reap() {
    if (!pid_) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  void wait_until_zombie() const {
    siginfo_t info;
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(HasEnded, NotOfARunningProcess) {
  const Child child([] { pause(); });
  EXPECT_FALSE(has_ended(child.pid()));
}

TEST(HasEnded, OfAZombieAndOfOneThatIsGone) {
  Child child([] {});
  const pid_t pid = child.pid();
  child.wait_until_zombie();
  EXPECT_TRUE(has_ended(pid));
  child.reap();
  EXPECT_TRUE(has_ended(pid));
}

void* sleep_on(void*) {
  pause();
  return nullptr;
}

TEST(HasEnded, NotWhileAnotherThreadOutlivesTheFirst) {
  const Child child([] {
    pthread_t thread;
    pthread_create(&thread, nullptr, sleep_on, nullptr);
    syscall(SYS_exit, 0);  // this thread only
  });
  rb_task first = {};
  first.tid = static_cast<uint32_t>(child.pid());
  usleep(100'000);  // until the first thread is a zombie
  EXPECT_FALSE(has_ended(child.pid()));
  EXPECT_TRUE(is_asleep(child.pid(), first));
}

}  // namespace
}  // namespace redbee::profiler
