#include <dlfcn.h>
#include <fcntl.h>
#include <glob.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "profiler/discover/ruby_process.h"

namespace redbee::profiler {
namespace {

std::string host_libruby() {
  glob_t found;
  const int status = glob("/usr/lib/*/libruby-*.so.*.*", 0, nullptr, &found);
  const std::string path = status == 0 ? found.gl_pathv[0] : "";
  globfree(&found);
  return path;
}

// A process whose loader maps a library in two steps: one page of its code, then all of it. It waits
// for a byte before each and answers with one.
class SlowLoader {
 public:
  explicit SlowLoader(const std::string& library) {
    if (pipe2(to_child_, O_CLOEXEC) || pipe2(from_child_, O_CLOEXEC)) abort();
    pid_ = fork();
    if (pid_ == 0) load(library);
  }
  ~SlowLoader() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    for (int fd : {to_child_[0], to_child_[1], from_child_[0], from_child_[1]}) close(fd);
  }
  bool step() {
    char answer = 0;
    return write(to_child_[1], "x", 1) == 1 && read(from_child_[0], &answer, 1) == 1 && answer == 'y';
  }
  pid_t pid() const { return pid_; }

 private:
  void wait_and_answer(bool is_right) {
    char go;
    if (write(from_child_[1], is_right ? "y" : "n", 1) != 1 || read(to_child_[0], &go, 1) != 1) _exit(1);
  }
  [[noreturn]] void load(const std::string& library) {
    char go;
    if (read(to_child_[0], &go, 1) != 1) _exit(1);
    const int file = open(library.c_str(), O_RDONLY);
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    wait_and_answer(page != MAP_FAILED);
    munmap(page, 4096);
    const void* whole = dlopen(library.c_str(), RTLD_NOW);
    wait_and_answer(whole != nullptr);
    _exit(0);
  }

  int to_child_[2], from_child_[2];
  pid_t pid_ = 0;
};

bool contains_inode(const FilesWithoutRuby& files, uint64_t inode) {
  return std::ranges::any_of(files, [&](const auto& file) { return file.second == inode; });
}

TEST(FindRubyBinary, LooksAgainAtARubyThatIsOnlyBeingLoaded) {
  const std::string library = host_libruby();
  if (library.empty()) GTEST_SKIP() << "no libruby on this machine";
  struct stat file;
  ASSERT_EQ(stat(library.c_str(), &file), 0);
  SlowLoader loader(library);
  ASSERT_TRUE(loader.step());
  FilesWithoutRuby known;
  const auto early = find_ruby_binary(loader.pid(), &known);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Errc::not_found);
  EXPECT_FALSE(known.empty()) << "the C library holds no Ruby";
  EXPECT_FALSE(contains_inode(known, file.st_ino));
  ASSERT_TRUE(loader.step());
  const auto whole = find_ruby_binary(loader.pid(), &known);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_GE(whole->version, ruby_version(2, 6));
}

}  // namespace
}  // namespace redbee::profiler
