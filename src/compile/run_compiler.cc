#include "src/compile/run_compiler.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/file.h"
#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/base/unique_fd.h"

extern char** environ;

namespace redbee {
namespace {

constexpr int kUsdtFd = 3;   // as the child sees it

// Files in memory: no pipe that could fill up or raise SIGPIPE, nothing left on disk.
Result<UniqueFd> memory_file(const char* name, std::string_view content) {
  UniqueFd fd(memfd_create(name, MFD_CLOEXEC));
  if (!fd.is_open()) return os_error("memfd_create");
  TRY(write_all(fd.get(), content));
  if (lseek(fd.get(), 0, SEEK_SET) < 0) return os_error("seek in memory file");
  return fd;
}

Result<std::string> read_memory_file(int fd) {
  return read_file(cat("/proc/self/fd/", fd));
}

// Above the child's own numbers, so that dup2 in the child never overwrites one still to be copied.
Result<UniqueFd> move_up(UniqueFd fd) {
  UniqueFd moved(fcntl(fd.get(), F_DUPFD_CLOEXEC, 10));
  if (!moved.is_open()) return os_error("duplicate descriptor");
  return moved;
}

class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    // A fresh signal state: the host process may block or ignore what a compiler relies on.
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (int signal : {SIGPIPE, SIGCHLD, SIGSEGV, SIGABRT}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;

  void give(int ours, int theirs) { posix_spawn_file_actions_adddup2(&actions_, ours, theirs); }
  Result<pid_t> spawn(const std::string& path, std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_t pid;
    int error = posix_spawn(&pid, path.c_str(), &actions_, &attributes_, argv.data(), environ);
    if (error) return os_error(cat("run ", path), error);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::string read_to_end(int fd) {
  std::string text;
  char buffer[16384];
  while (true) {
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(buffer, static_cast<size_t>(n));
  }
}

// The child's end. Somebody else in this process (a language run time) may have reaped it first:
// then what it wrote has to tell, and its output is parsed before it is believed.
void wait_for(pid_t pid, CompilerRun& run) {
  int status = 0;
  pid_t reaped;
  do {
    reaped = waitpid(pid, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  if (reaped < 0) {
    run.exit_status = 0;
  } else if (WIFEXITED(status)) {
    run.exit_status = WEXITSTATUS(status);
  } else {
    run.signal = WTERMSIG(status);
  }
}

}  // namespace

Result<CompilerRun> run_compiler(const CompilerCall& call) {
  UniqueFd source = TRY(move_up(TRY(memory_file("redbee-source", call.source_text))));
  UniqueFd output = TRY(move_up(TRY(memory_file("redbee-image", ""))));
  UniqueFd usdt = TRY(move_up(TRY(memory_file("redbee-usdt", call.usdt_json))));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return os_error("pipe");
  UniqueFd errors(ends[0]);
  UniqueFd errors_write = TRY(move_up(UniqueFd(ends[1])));

  std::vector<std::string> arguments = {call.path};
  arguments.insert(arguments.end(), call.arguments.begin(), call.arguments.end());
  if (!call.usdt_json.empty()) arguments.insert(arguments.end(), {"--usdt", cat("/proc/self/fd/", kUsdtFd)});
  if (call.wants_image) arguments.insert(arguments.end(), {"-o", "-"});
  arguments.insert(arguments.end(), {"--name", call.source_name, "-"});

  SpawnPlan plan;
  plan.give(source.get(), 0);
  plan.give(output.get(), 1);
  plan.give(errors_write.get(), 2);
  plan.give(usdt.get(), kUsdtFd);
  pid_t pid = TRY(plan.spawn(call.path, std::move(arguments)));
  errors_write.reset();

  CompilerRun run;
  run.diagnostics = read_to_end(errors.get());
  wait_for(pid, run);
  run.output = TRY(read_memory_file(output.get()));
  return run;
}

}  // namespace redbee
