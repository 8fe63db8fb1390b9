// The main of every C++ test binary: a test that leaves a file descriptor open fails.
#include <dirent.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>

namespace {

std::map<int, std::string> open_files() {
  std::map<int, std::string> files;
  DIR* directory = opendir("/proc/self/fd");
  if (!directory) return files;
  while (dirent* entry = readdir(directory)) {
    int fd = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(directory)) continue;
    char target[256] = "";
    std::string link = std::string("/proc/self/fd/") + entry->d_name;
    if (readlink(link.c_str(), target, sizeof target - 1) < 0) continue;
    files[fd] = target;
  }
  closedir(directory);
  return files;
}

class LeakCheck : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { before_ = open_files(); }
  void OnTestEnd(const testing::TestInfo& info) override {
    for (const auto& [fd, target] : open_files()) {
      if (before_.count(fd)) continue;
      ADD_FAILURE() << info.test_suite_name() << "." << info.name() << " leaked descriptor " << fd
                    << " (" << target << ")";
    }
  }
  std::map<int, std::string> before_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::UnitTest::GetInstance()->listeners().Append(new LeakCheck);
  return RUN_ALL_TESTS();
}
