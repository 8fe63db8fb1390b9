// A process to look at, which does what it is asked.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "src/base/text.h"

namespace redbee::kernel_test {

// fixtures/host.c, running; killed with the object.
class Host {
 public:
  // `prepare` runs in the new process, in its new namespaces, before the program does.
  explicit Host(int namespaces = 0, const std::function<void()>& prepare = [] {}) {
    int in[2], out[2];
    EXPECT_EQ(pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    pid_ = static_cast<int>(syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (pid_ == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      prepare();
      execl(REDBEE_FIXTURES "/symbol_host", "symbol_host", nullptr);
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    to_ = in[1];
    from_ = fdopen(out[0], "r");
    EXPECT_EQ(answer(), "ready");
  }
  ~Host() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(to_);
    fclose(from_);
  }
  Host(const Host&) = delete;
  int pid() const { return pid_; }

  std::string ask(const std::string& question) {
    EXPECT_EQ(write(to_, (question + "\n").data(), question.size() + 1), static_cast<ssize_t>(question.size() + 1));
    return answer();
  }
  // The address that a question is answered with.
  uint64_t address(const std::string& question) { return parse_u64(ask(question)).value_or(0); }

 private:
  std::string answer() {
    char line[256] = "";
    if (!fgets(line, sizeof line, from_)) return "";
    return std::string(trim(line));
  }
  int pid_, to_;
  FILE* from_;
};

}  // namespace redbee::kernel_test
