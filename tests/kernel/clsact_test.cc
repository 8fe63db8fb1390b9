// The filters that stand for tc links before Linux 6.6. They work on every kernel, so they are tested on
// every kernel.
#include "src/attach/clsact.h"

#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "redbee/link.h"
#include "tests/kernel/own_places.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

constexpr uint32_t kTcSlot = 3;   // of plain.bpf.c

class Clsact : public NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    loopback_ = static_cast<int>(if_nametoindex("lo"));
  }

  Result<GuardedFilter> add(uint32_t handle) {
    Program program = TRY(object_->load("kt_tc", {.kind = ProgramKind::sched_cls}));
    return add_guarded_filter(program.fd(), {.interface = loopback_, .handle = handle});
  }
  // How often the program ran for one datagram to ourselves.
  uint64_t runs() {
    uint64_t before = count(kTcSlot);
    EXPECT_TRUE(talk_to_oneself(1)) << "the filter keeps packets back";
    return count(kTcSlot) - before;
  }
  size_t filters() { return list_clsact_filters(loopback_)->size(); }
  bool has_qdisc() {
    FILE* pipe = popen("tc qdisc show dev lo clsact", "re");
    char line[256] = "";
    bool has_line = fgets(line, sizeof line, pipe) != nullptr;
    pclose(pipe);
    return has_line;
  }
  // A child that added a filter and was killed.
  void leave_a_filter_behind(uint32_t handle) {
    int ready[2];
    ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
      auto filter = add(handle);
      if (write(ready[1], filter ? "y" : "n", 1) < 0) _exit(1);
      while (true) pause();
    }
    char answer = 0;
    close(ready[1]);
    EXPECT_EQ(read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    close(ready[0]);
    EXPECT_EQ(runs(), 1u);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }

  int loopback_ = 0;
};

TEST_F(Clsact, AFilterRunsItsProgramUntilItIsRemoved) {
  auto filter = add(1);
  ASSERT_OK(filter);
  EXPECT_TRUE(has_qdisc());
  EXPECT_EQ(filters(), 1u);
  EXPECT_EQ(runs(), 1u);
  ASSERT_OK(remove_filter(filter->place, filter->owns_qdisc));
  EXPECT_EQ(runs(), 0u);
  EXPECT_FALSE(has_qdisc());
}

TEST_F(Clsact, AFilterOfAKilledProcessLetsPacketsPassAndIsReplaced) {
  leave_a_filter_behind(1);
  EXPECT_TRUE(comes_true([&] { return runs() == 0; }));
  EXPECT_EQ(filters(), 1u);
  auto filter = add(1);
  ASSERT_OK(filter);
  EXPECT_EQ(filters(), 1u);
  EXPECT_EQ(runs(), 1u);
  ASSERT_OK(remove_filter(filter->place, filter->owns_qdisc));
  EXPECT_FALSE(has_qdisc());
}

TEST_F(Clsact, SweepingTakesTheDeadAndLeavesTheLiving) {
  auto live = add(2);
  ASSERT_OK(live);
  leave_a_filter_behind(3);
  EXPECT_TRUE(comes_true([] { return sweep_dead_attachments().value_or(0) == 1; }));
  EXPECT_EQ(filters(), 1u);
  EXPECT_EQ(runs(), 1u);
  ASSERT_OK(remove_filter(live->place, live->owns_qdisc));
  EXPECT_FALSE(has_qdisc());
}

TEST_F(Clsact, ATakenPlaceIsRefusedAndNamed) {
  auto filter = add(1);
  ASSERT_OK(filter);
  auto second = add(1);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, testing::HasSubstr("another filter has priority 1 and handle 1"));
  EXPECT_EQ(runs(), 1u);
  ASSERT_OK(remove_filter(filter->place, filter->owns_qdisc));
}

TEST_F(Clsact, TheQdiscStaysForASecondFilterAndGoesWithTheLast) {
  auto first = add(1), second = add(2);
  ASSERT_OK(first);
  ASSERT_OK(second);
  ASSERT_OK(remove_filter(first->place, first->owns_qdisc));
  EXPECT_EQ(runs(), 1u) << "the second filter went with the first";
  ASSERT_OK(remove_filter(second->place, second->owns_qdisc));
  EXPECT_FALSE(has_qdisc());
}

TEST_F(Clsact, AQdiscOfSomebodyElseStays) {
  ASSERT_EQ(system("tc qdisc add dev lo clsact"), 0);
  auto filter = add(1);
  ASSERT_OK(filter);
  ASSERT_OK(remove_filter(filter->place, filter->owns_qdisc));
  EXPECT_TRUE(has_qdisc());
}

}  // namespace
}  // namespace redbee::kernel_test
