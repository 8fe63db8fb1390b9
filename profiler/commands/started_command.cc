#include "profiler/commands/started_command.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdlib>
#include <cstring>

#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

[[noreturn]] void run_child(int gate, const std::vector<std::string>& arguments) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  char go = 0;
  if (read(gate, &go, 1) != 1) _exit(125);  // rbperf gave up
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  execvp(pointers[0], pointers.data());
  const std::string message = cat("rbperf: run ", arguments[0], ": ", std::strerror(errno), "\n");
  (void)!write(STDERR_FILENO, message.data(), message.size());
  _exit(errno == ENOENT ? 127 : 126);
}

// A misspelt name is told before anything is attached or an old recording moves away.
Status check_exists(const std::string& name) {
  if (name.find('/') != name.npos) {
    if (access(name.c_str(), X_OK) < 0) return os_error(cat("run ", name));
    return {};
  }
  const char* path = getenv("PATH");
  for (std::string_view folder : split(path ? path : "/bin:/usr/bin", ':'))
    if (access(cat(folder.empty() ? "." : folder, "/", name).c_str(), X_OK) == 0) return {};
  return fail(Errc::not_found, cat("run ", name, ": there is no such command in PATH"));
}

}  // namespace

StartedCommand::StartedCommand(StartedCommand&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), gate_(std::move(other.gate_)), status_(other.status_) {}

StartedCommand::~StartedCommand() {
  if (!pid_) return;
  gate_.reset();
  if (!status_) stop_if_running();
}

Result<StartedCommand> StartedCommand::prepare(const std::vector<std::string>& arguments) {
  TRY(check_exists(arguments[0]));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return os_error("pipe");
  UniqueFd reader(ends[0]), writer(ends[1]);
  const pid_t pid = fork();
  if (pid < 0) return os_error("fork");
  if (pid == 0) {
    writer.reset();
    run_child(reader.get(), arguments);
  }
  return StartedCommand(pid, std::move(writer));
}

void StartedCommand::go() {
  (void)!write(gate_.get(), "x", 1);
  gate_.reset();
}

void StartedCommand::reap() {
  int status = 0;
  if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
}

void StartedCommand::stop_if_running() {
  reap();
  if (status_) return;
  kill(pid_, SIGTERM);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) return;
  status_ = status;
}

std::string StartedCommand::describe_end() const {
  if (WIFSIGNALED(*status_)) return cat("signal ", WTERMSIG(*status_));
  return cat("status ", WEXITSTATUS(*status_));
}

}  // namespace redbee::profiler
