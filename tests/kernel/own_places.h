// Places of a test's own to attach to: a network with a loopback that is up, a bpffs, a cgroup. They are
// gone with the object.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "src/base/unique_fd.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {

// The calling thread is in an empty network namespace while this lives.
class OwnNetwork {
 public:
  OwnNetwork();
  ~OwnNetwork();
  // Empty, or why there is none.
  const std::string& problem() const { return problem_; }

 private:
  UniqueFd outside_;
  std::string problem_;
};

// Opens two sockets, sends datagrams from one to the other by the loopback and reads each. True when all came.
bool talk_to_oneself(int datagrams);

// A test in a network of its own, with the object of plain.bpf.c.
class NetworkTest : public testing::Test {
 protected:
  void SetUp() override;
  uint64_t count(uint32_t slot) { return value_at(*object_, "kt_plain", slot); }

  OwnNetwork network_;
  std::optional<Object> object_;
};

// The calling thread sees an empty bpffs at /sys/fs/bpf while this lives; nobody else does.
class OwnBpffs {
 public:
  OwnBpffs();
  ~OwnBpffs();
  const std::string& problem() const { return problem_; }
  // Takes the bpffs away: /sys/fs/bpf is some other file system then.
  void replace_by_tmpfs();

 private:
  UniqueFd outside_, root_, directory_;
  std::string problem_;
};

// A cgroup v2 directory below the root.
class OwnCgroup {
 public:
  OwnCgroup();
  ~OwnCgroup();
  const std::string& problem() const { return problem_; }
  const std::string& path() const { return path_; }
  // Puts process `pid` into it.
  void take_in(int pid) const;

 private:
  std::string path_, problem_;
};

// "/sys/fs/cgroup", "/sys/fs/cgroup/unified"; empty when cgroup v2 is not mounted.
std::string cgroup2_root();

}  // namespace redbee::kernel_test
