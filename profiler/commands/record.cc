// rbperf record: attach to Ruby processes (or start one) and write their stacks to a file.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <set>

#include "profiler/commands/command.h"
#include "profiler/commands/record_options.h"
#include "profiler/commands/record_screen.h"
#include "profiler/commands/started_command.h"
#include "profiler/commands/target.h"
#include "profiler/discover/ruby_process.h"
#include "profiler/sample/recording_session.h"
#include "profiler/sample/task_list.h"
#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

constexpr int kDrainMs = 100;

uint64_t clock_ns(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

Header make_header(const RecordOptions& options) {
  Header header;
  header.command_line = options.command_line;
  const Unit unit = options.event.kind == EventKind::wall ? Unit::nanoseconds
                    : options.event.is_timed()            ? Unit::samples
                                                          : Unit::count;
  header.events.push_back({options.event.name(), unit});
  if (options.event.kind == EventKind::wall) header.events = {{"cpu", unit}, {"offcpu", unit}};
  header.statuses = status_names();
  header.frequency_hz = options.event.is_timed() ? options.event.frequency_hz : 0;
  header.start_ns = clock_ns(CLOCK_MONOTONIC);
  header.start_unix_ns = clock_ns(CLOCK_REALTIME);
  utsname system;
  if (uname(&system) == 0) {
    header.kernel = system.release;
    header.host = system.nodename;
  }
  return header;
}

// SIGINT, SIGTERM and SIGCHLD as a file descriptor; they stay blocked.
Result<UniqueFd> watch_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int number : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&signals, number);
  if (sigprocmask(SIG_BLOCK, &signals, nullptr) < 0) return os_error("block signals");
  UniqueFd fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.is_open()) return os_error("signalfd");
  return fd;
}

bool was_asked_to_stop(const UniqueFd& signals) {
  signalfd_siginfo info;
  bool is_asked = false;
  while (read(signals.get(), &info, sizeof info) == sizeof info)
    is_asked |= info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM;
  return is_asked;
}

class Recorder {
 public:
  explicit Recorder(RecordOptions options) : options_(std::move(options)) {}

  Status run() {
    UniqueFd signals = TRY(watch_signals());
    std::vector<Target> targets = TRY(inspect_targets());
    std::optional<StartedCommand> command;
    if (!options_.command.empty()) command.emplace(TRY(StartedCommand::prepare(options_.command)));
    StackSource source = TRY(StackSource::open(options_.event, {.wants_native = options_.wants_native,
                                                                .follows_forks = options_.follows_forks}));
    // Attached before the file is made: a probe that does not exist leaves an old recording alone.
    // Nothing is recorded until a process is followed.
    TRY(source.attach(library_path(targets)));
    RecordingWriter writer = TRY(RecordingWriter::create(options_.output, make_header(options_)));
    if (writer.rotated_to()) screen_.say(cat(options_.output, " was there: it is now ", *writer.rotated_to()));
    RecordingSession session(source, writer, options_.event, options_.inspect);
    for (const Target& target : targets) TRY(session.add(target.ruby));
    if (options_.follows_forks) TRY(add_descendants(session, &targets));
    if (options_.event.kind == EventKind::wall)
      for (const Target& target : targets) session.add_sleepers(target.ruby, target.threads);
    if (command) TRY(session.add_starting(command->pid(), TRY(kernel_pid_of(command->pid()))));
    screen_.say_remarks(session);
    if (options_.is_verbose) (void)source.measure_run_time();
    screen_.say_attached();
    if (command) command->go();
    TRY(loop(session, signals, command ? &*command : nullptr));
    const StackSource::RunTime cost = source.run_time();
    TRY(session.finish());
    screen_.say_end(session, command && command->has_ended() ? command->describe_end() : "", cost.ns);
    if (command && !session.has_ruby())
      return fail(Errc::not_found, "no Ruby was found in the command or its children");
    return {};
  }

 private:
  Result<std::vector<Target>> inspect_targets() {
    std::vector<Target> targets;
    for (pid_t pid : options_.pids) targets.push_back(TRY(open_target(pid, options_.inspect)));
    return targets;
  }

  // Children that were there before: a cluster's workers. Their parents are followed by now, so none that is
  // forked meanwhile is missed.
  Status add_descendants(RecordingSession& session, std::vector<Target>* targets) {
    std::set<pid_t> known;
    std::vector<pid_t> descendants;
    for (const Target& target : *targets) known.insert(target.ruby.pid());
    for (const Target& target : *targets)
      for (pid_t pid : descendants_of(target.ruby.pid()))
        if (known.insert(pid).second) descendants.push_back(pid);
    if (descendants.empty()) return {};
    const std::vector<rb_task> tasks = TRY(list_tasks());
    for (pid_t pid : descendants) {
      const std::vector<rb_task> threads = threads_of(tasks, pid);
      if (threads.empty()) continue;  // gone
      if (Result<Target> target = open_target(pid, tasks, options_.inspect)) {
        TRY(session.add(target->ruby));
        targets->push_back(std::move(*target));
      } else {
        TRY(session.add_other(pid, threads.front().pid));
      }
    }
    return {};
  }

  static Result<uint32_t> kernel_pid_of(pid_t pid) {
    const std::vector<rb_task> threads = threads_of(TRY(list_tasks()), pid);
    return threads.empty() ? static_cast<uint32_t>(pid) : threads.front().pid;
  }

  // A uprobe's file: "ruby" stands for the interpreter of the first target.
  std::string library_path(const std::vector<Target>& targets) const {
    const EventSpec& event = options_.event;
    const bool is_interpreter = event.kind == EventKind::usdt || event.first == "ruby";
    if (is_interpreter && !targets.empty()) return targets.front().ruby.binary().image.name();
    return event.first;
  }

  Status loop(RecordingSession& session, const UniqueFd& signals, StartedCommand* command) {
    const uint64_t start = clock_ns(CLOCK_MONOTONIC);
    const uint64_t end = options_.duration ? start + static_cast<uint64_t>(options_.duration->count()) : ~0ULL;
    for (;;) {
      const uint64_t now = clock_ns(CLOCK_MONOTONIC);
      if (now >= end || was_asked_to_stop(signals)) break;
      const auto left_ms = static_cast<int>(std::min<uint64_t>(kDrainMs, (end - now) / 1'000'000 + 1));
      pollfd wait{signals.get(), POLLIN, 0};
      if (poll(&wait, 1, 0) > 0 && was_asked_to_stop(signals)) break;
      TRY(session.drain(left_ms));
      screen_.say_remarks(session);
      screen_.show_progress(session, now - start);
      if (command) command->reap();
      if (!session.is_anyone_left()) break;
    }
    if (command) command->stop_if_running();
    return {};
  }

  RecordOptions options_;
  RecordScreen screen_{options_};
};

}  // namespace

int record_command(int argc, char** argv) {
  int status = 0;
  std::optional<RecordOptions> options = parse_record_options(argc, argv, &status);
  if (!options) return status;
  if (const Status done = Recorder(std::move(*options)).run(); !done) {
    fmt::print(stderr, "rbperf: {}\n", done.error().message);
    for (const std::string& line : done.error().log) fmt::print(stderr, "  {}\n", line);
    return 1;
  }
  return 0;
}

}  // namespace redbee::profiler
