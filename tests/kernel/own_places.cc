#include "tests/kernel/own_places.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mntent.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "src/base/text.h"

namespace redbee::kernel_test {
namespace {

void switch_loopback_on() {
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  ioctl(fd.get(), SIOCSIFFLAGS, &request);
}

}  // namespace

OwnNetwork::OwnNetwork() : outside_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  if (unshare(CLONE_NEWNET) < 0) {
    problem_ = cat("no network namespace of our own: ", strerror(errno));
    return;
  }
  switch_loopback_on();
}

OwnNetwork::~OwnNetwork() {
  if (problem_.empty()) setns(outside_.get(), CLONE_NEWNET);
}

bool talk_to_oneself(int datagrams) {
  UniqueFd receiver(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), sender(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  timeval patience{.tv_sec = 60, .tv_usec = 0};
  setsockopt(receiver.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (bind(receiver.get(), reinterpret_cast<sockaddr*>(&address), size) < 0) return false;
  getsockname(receiver.get(), reinterpret_cast<sockaddr*>(&address), &size);
  char text[8];
  for (int i = 0; i < datagrams; i++) {
    if (sendto(sender.get(), "x", 1, 0, reinterpret_cast<sockaddr*>(&address), size) != 1) return false;
    if (recv(receiver.get(), text, sizeof text, 0) != 1) return false;
  }
  return true;
}

void NetworkTest::SetUp() {
  if (!network_.problem().empty()) GTEST_SKIP() << network_.problem();
  auto object = open_plain_object();
  ASSERT_OK(object);
  object_.emplace(std::move(*object));
}

OwnBpffs::OwnBpffs()
    : outside_(open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)),
      root_(open("/", O_PATH | O_CLOEXEC)),
      directory_(open(".", O_PATH | O_CLOEXEC)) {
  if (unshare(CLONE_NEWNS) < 0) {
    problem_ = cat("no mount namespace of our own: ", strerror(errno));
    return;
  }
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 || mount("bpf", "/sys/fs/bpf", "bpf", 0, nullptr) < 0) {
    problem_ = cat("a bpffs cannot be mounted here: ", strerror(errno));
  }
}

void OwnBpffs::replace_by_tmpfs() { EXPECT_EQ(mount("tmpfs", "/sys/fs/bpf", "tmpfs", 0, nullptr), 0) << strerror(errno); }

OwnBpffs::~OwnBpffs() {
  setns(outside_.get(), CLONE_NEWNS);
  // Entering a namespace leads to its root directory; in a guest ours is another.
  EXPECT_TRUE(fchdir(root_.get()) == 0 && chroot(".") == 0 && fchdir(directory_.get()) == 0) << strerror(errno);
}

std::string cgroup2_root() {
  std::string root;
  FILE* mounts = setmntent("/proc/self/mounts", "re");
  while (mntent* mount = mounts ? getmntent(mounts) : nullptr) {
    if (strcmp(mount->mnt_type, "cgroup2") == 0) root = mount->mnt_dir;
  }
  if (mounts) endmntent(mounts);
  return root;
}

OwnCgroup::OwnCgroup() {
  std::string root = cgroup2_root();
  path_ = cat(root, "/redbee_test_", getpid());
  if (root.empty()) problem_ = "cgroup v2 is not mounted";
  else if (mkdir(path_.c_str(), 0755) < 0) problem_ = cat("mkdir ", path_, ": ", strerror(errno));
}

OwnCgroup::~OwnCgroup() {
  // A process that has just died is still inside for a moment.
  if (problem_.empty()) comes_true([&] { return rmdir(path_.c_str()) == 0 || errno != EBUSY; });
}

void OwnCgroup::take_in(int pid) const {
  std::ofstream procs(path_ + "/cgroup.procs");
  procs << pid << std::flush;
  EXPECT_TRUE(procs) << path_;
}

}  // namespace redbee::kernel_test
