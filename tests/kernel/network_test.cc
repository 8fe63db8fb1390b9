// Socket filters, XDP, tc and cgroup programs, in a network namespace of the test's own.
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "redbee/link.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {
namespace {

// Runs `test` in a child with an empty network whose loopback is up; the child's status is the answer.
void in_own_network(void (*test)()) {
  pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNET) < 0) _exit(77);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    ifreq request{};
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    ioctl(fd, SIOCSIFFLAGS, &request);
    close(fd);
    test();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no network namespaces here";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "see the child's failures above";
}

// One UDP datagram to ourselves.
void send_datagram() {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(sendto(fd, "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 1);
  close(fd);
}

void expect_counted(Result<Object>& object, Result<Link>& link, uint32_t slot) {
  ASSERT_OK(link);
  send_datagram();
  uint64_t seen = value_at(*object, "kt_plain", slot);
  EXPECT_GE(seen, 1u) << link->method();
  ASSERT_OK(link->detach());
  uint64_t settled = value_at(*object, "kt_plain", slot);
  send_datagram();
  EXPECT_EQ(value_at(*object, "kt_plain", slot), settled) << link->method() << " still attached";
}

TEST(Network, SocketFilterSeesPackets) {
  in_own_network([] {
    auto object = open_plain_object();
    auto link = attach_socket_filter(*object, "kt_socket", {.interface = "lo"});
    expect_counted(object, link, 4);
  });
}

TEST(Network, XdpSeesPackets) {
  in_own_network([] {
    auto object = open_plain_object();
    constexpr uint32_t kGenericMode = 1 << 1;   // XDP_FLAGS_SKB_MODE
    auto link = attach_xdp(*object, "kt_xdp", {.interface = "lo", .flags = kGenericMode});
    expect_counted(object, link, 2);
  });
}

TEST(Network, TcSeesPacketsBothWays) {
  in_own_network([] {
    for (bool is_egress : {false, true}) {
      auto object = open_plain_object();
      auto link = attach_tc(*object, "kt_tc", {.interface = "lo", .is_egress = is_egress});
      expect_counted(object, link, 3);
    }
  });
}

TEST(Network, UnknownInterfacesAreNamed) {
  auto object = open_plain_object();
  ASSERT_OK(object);
  auto link = attach_xdp(*object, "kt_xdp", {.interface = "nosuch0"});
  ASSERT_FALSE(link);
  EXPECT_THAT(link.error().message, testing::HasSubstr("nosuch0"));
}

}  // namespace
}  // namespace redbee::kernel_test
