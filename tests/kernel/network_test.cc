// Socket filters, XDP, tc and cgroup programs on real packets, in a network namespace and a cgroup of the
// test's own.
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/wait.h>
#include <unistd.h>

#include "redbee/link.h"
#include "tests/kernel/own_places.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

// Slots of plain.bpf.c.
enum Slot : uint32_t { kXdp = 2, kTc = 3, kSocket = 4, kEgress = 5, kIngress = 7, kSockets = 8 };

constexpr int kDatagrams = 5;

class Network : public NetworkTest {
 protected:
  // The loopback shows a datagram to a packet socket on its way out and on its way in.
  void expect_counted(Result<Link>& link, Slot slot, int times) {
    ASSERT_OK(link);
    EXPECT_TRUE(talk_to_oneself(kDatagrams));
    EXPECT_EQ(count(slot), static_cast<uint64_t>(kDatagrams * times)) << link->method();
    ASSERT_OK(link->detach());
    EXPECT_TRUE(talk_to_oneself(kDatagrams));
    EXPECT_EQ(count(slot), static_cast<uint64_t>(kDatagrams * times)) << link->method() << " still attached";
  }
};

TEST_F(Network, SocketFilterSeesPackets) {
  auto link = attach_socket_filter(*object_, "kt_socket", {.interface = "lo"});
  expect_counted(link, kSocket, 2);
}

TEST_F(Network, XdpSeesPackets) {
  constexpr uint32_t kGenericMode = 1 << 1;   // XDP_FLAGS_SKB_MODE
  auto link = attach_xdp(*object_, "kt_xdp", {.interface = "lo", .flags = kGenericMode});
  expect_counted(link, kXdp, 1);
}

TEST_F(Network, TcSeesPacketsComing) {
  auto link = attach_tc(*object_, "kt_tc", {.interface = "lo"});
  expect_counted(link, kTc, 1);
}

TEST_F(Network, TcSeesPacketsGoing) {
  auto link = attach_tc(*object_, "kt_tc", {.interface = "lo", .is_egress = true});
  expect_counted(link, kTc, 1);
}

TEST_F(Network, UnknownInterfacesAreNamed) {
  for (const auto& link : {attach_xdp(*object_, "kt_xdp", {.interface = "nosuch0"}), attach_tc(*object_, "kt_tc", {.interface = "nosuch0"}),
                           attach_socket_filter(*object_, "kt_socket", {.interface = "nosuch0"})}) {
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().code, Errc::not_found);
    EXPECT_THAT(link.error().message, testing::HasSubstr("nosuch0"));
  }
}

// -- cgroups --------------------------------------------------------------------------------------------

class Cgroup : public Network {
 protected:
  void SetUp() override {
    Network::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (!cgroup_.problem().empty()) GTEST_SKIP() << cgroup_.problem();
  }
  // A child inside the cgroup, or not, talks to itself.
  void talk_in_a_child(bool is_inside) {
    int start[2];
    ASSERT_EQ(pipe2(start, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
      char go;
      bool has_started = read(start[0], &go, 1) == 1;
      _exit(has_started && talk_to_oneself(kDatagrams) ? 0 : 1);
    }
    if (is_inside) cgroup_.take_in(child);
    EXPECT_EQ(write(start[1], "g", 1), 1);
    close(start[0]);
    close(start[1]);
    int status = 1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  OwnCgroup cgroup_;
};

TEST_F(Cgroup, ProgramsSeeTheirCgroupAloneAndUntilTheirLinkDies) {
  struct {
    const char* program;
    Slot slot;
    uint64_t expected;
  } const cases[] = {{"kt_cgroup_ingress", kIngress, kDatagrams}, {"kt_cgroup", kEgress, kDatagrams}, {"kt_cgroup_sock", kSockets, 2}};
  std::vector<Link> links;
  for (const auto& each : cases) {
    auto link = attach_cgroup(*object_, each.program, {.path = cgroup_.path()});
    ASSERT_OK(link);
    links.push_back(std::move(*link));
  }
  talk_in_a_child(false);
  for (const auto& each : cases) EXPECT_EQ(count(each.slot), 0u) << each.program;
  talk_in_a_child(true);
  for (const auto& each : cases) EXPECT_EQ(count(each.slot), each.expected) << each.program;
  links.clear();
  talk_in_a_child(true);
  for (const auto& each : cases) EXPECT_EQ(count(each.slot), each.expected) << each.program << " still attached";
}

TEST_F(Cgroup, TheAttachTypeCanBeNamed) {
  auto link = attach_cgroup(*object_, "kt_cgroup", {.path = cgroup_.path(), .attach_type = BPF_CGROUP_INET_INGRESS});
  ASSERT_OK(link);
  talk_in_a_child(true);
  EXPECT_EQ(count(kEgress), static_cast<uint64_t>(kDatagrams));
}

TEST_F(Cgroup, RefusesWhatIsNoCgroup) {
  auto missing = attach_cgroup(*object_, "kt_cgroup", {.path = cgroup_.path() + "/none"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_THAT(missing.error().message, testing::HasSubstr("redbee_test_"));
  auto other = attach_cgroup(*object_, "kt_cgroup", {.path = "/tmp"});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, testing::HasSubstr("/tmp: not a cgroup v2 directory"));
  auto kind = attach_cgroup(*object_, "kt_xdp", {.path = cgroup_.path()});
  ASSERT_FALSE(kind);
  EXPECT_THAT(kind.error().message, testing::HasSubstr("kt_xdp is no program for cgroups"));
}

}  // namespace
}  // namespace redbee::kernel_test
