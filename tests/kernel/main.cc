// kernel_test: load, attach, read and decode on the kernel that runs it, with Images compiled before.
//
//   kernel_test [--images DIR] [--gtest_…]
//   kernel_test --usdt-facts FUNCTION=PROBE        prints what redbee-cc --usdt wants for this binary
//
// A test that leaves a descriptor, a map or a program behind fails.
#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "redbee/usdt.h"
#include "src/base/log.h"
#include "tests/kernel/session.h"

namespace {

using namespace redbee;

std::map<int, std::string> open_files() {
  std::map<int, std::string> files;
  DIR* directory = opendir("/proc/self/fd");
  while (dirent* entry = readdir(directory)) {
    int fd = atoi(entry->d_name);
    char target[256] = "";
    if (entry->d_name[0] == '.' || fd == dirfd(directory)) continue;
    if (readlink(("/proc/self/fd/" + std::string(entry->d_name)).c_str(), target, sizeof target - 1) > 0) files[fd] = target;
  }
  closedir(directory);
  return files;
}

class LeakCheck : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override {
    before_ = open_files();
    kernel_test::forget_objects();
  }

  void OnTestEnd(const testing::TestInfo&) override {
    for (const auto& [fd, target] : open_files()) {
      if (!before_.count(fd)) ADD_FAILURE() << "left descriptor " << fd << " (" << target << ") open";
    }
    // The kernel frees programs and maps a little after their last user is gone.
    std::vector<std::string> left;
    kernel_test::comes_true([&] { return (left = kernel_test::objects_left_in_kernel()).empty(); });
    for (const std::string& what : left) ADD_FAILURE() << "left " << what << " in the kernel";
  }
  std::map<int, std::string> before_;
};

int print_usdt_facts(const std::string& binding) {
  size_t equals = binding.find('=');
  auto probes = read_usdt_probes({.path = "/proc/self/exe"});
  const UsdtProbe* probe = probes ? find_usdt_probe(*probes, binding.substr(equals + 1)) : nullptr;
  if (!probe) {
    fprintf(stderr, "no probe %s\n", binding.c_str() + equals + 1);
    return 1;
  }
  UsdtBinding bound = bind_usdt(*probe, binding.substr(0, equals));
  nlohmann::json json = {{"probes", {{{"function", bound.function}, {"probe", bound.probe}, {"variants", bound.variants}}}}};
  puts(json.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  redbee::log_to_stderr();
  testing::InitGoogleTest(&argc, argv);
  const char* images = getenv("REDBEE_TEST_IMAGES");
  if (images) kernel_test::set_image_directory(images);
  for (int i = 1; i + 1 < argc; i++) {
    if (std::string(argv[i]) == "--usdt-facts") return print_usdt_facts(argv[i + 1]);
    if (std::string(argv[i]) == "--images") kernel_test::set_image_directory(argv[i + 1]);
  }
  testing::UnitTest::GetInstance()->listeners().Append(new LeakCheck);
  return RUN_ALL_TESTS();
}
