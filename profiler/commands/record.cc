// rbperf record: attach to Ruby processes (or start one) and write their stacks to a file.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "profiler/commands/command.h"
#include "profiler/commands/followed.h"
#include "profiler/commands/record_options.h"
#include "profiler/commands/record_screen.h"
#include "profiler/commands/started_command.h"
#include "profiler/commands/target.h"
#include "profiler/discover/ruby_process.h"
#include "profiler/sample/recording_session.h"
#include "profiler/sample/task_list.h"
#include "src/base/clock.h"
#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

constexpr int kDrainMs = 100;

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
  header.start_ns = monotonic_ns();
  header.start_unix_ns = clock_ns(CLOCK_REALTIME);
  utsname system;
  if (uname(&system) == 0) {
    header.kernel = system.release;
    header.host = system.nodename;
  }
  return header;
}

// A blocked signal is delivered even when it is ignored, so what nohup ignores is not asked for.
bool is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// SIGINT, SIGTERM, SIGHUP (a closed terminal) and SIGCHLD as a file descriptor; they stay blocked.
Result<UniqueFd> watch_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int number : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&signals, number);
  if (!is_ignored(SIGHUP)) sigaddset(&signals, SIGHUP);
  if (sigprocmask(SIG_BLOCK, &signals, nullptr) < 0) return os_error("block signals");
  UniqueFd fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.is_open()) return os_error("signalfd");
  return fd;
}

bool was_asked_to_stop(const UniqueFd& signals) {
  signalfd_siginfo info;
  bool is_asked = false;
  while (read(signals.get(), &info, sizeof info) == sizeof info)
    is_asked |= info.ssi_signo != SIGCHLD;
  return is_asked;
}

class Recorder {
 public:
  explicit Recorder(RecordOptions options) : options_(std::move(options)) {}

  Status run() {
    UniqueFd signals = TRY(watch_signals());
    TaskLister lister;
    const std::vector<pid_t> pids = TRY(find_targets(lister));
    std::optional<StartedCommand> command;
    if (!options_.command.empty()) command.emplace(TRY(StartedCommand::prepare(options_.command)));
    StackSource source = TRY(StackSource::open(options_.event, {.wants_native = options_.wants_native,
                                                                .follows_forks = options_.follows_forks}));
    FollowedProcesses followed(source, lister);
    for (pid_t pid : pids) TRY(followed.follow(pid, options_.follows_forks));
    if (!pids.empty()) TRY(followed.look(options_.inspect));
    const Header header = make_header(options_);
    // Attached before the file is made: a probe that does not exist leaves an old recording alone.
    TRY(source.attach(library_path(followed)));
    RecordingWriter writer = TRY(RecordingWriter::create(options_.output, header));
    if (writer.rotated_to()) screen_.say(cat(options_.output, " was there: it is now ", *writer.rotated_to()));
    RecordingSession session(source, writer, options_.event, options_.inspect, lister);
    TRY(add_followed(session, followed));
    if (command) TRY(add_command(session, source, TRY(process_id_of(lister, command->pid()))));
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
  // Before anything is loaded: a wrong number costs nothing.
  Result<std::vector<pid_t>> find_targets(TaskLister& lister) {
    std::vector<pid_t> found;
    for (pid_t pid : options_.pids) found.push_back(TRY(find_target(lister, pid)).pid);
    return found;
  }

  Status add_followed(RecordingSession& session, const FollowedProcesses& followed) {
    for (const auto& [target, looked_ns] : followed.rubies()) TRY(session.add(target.ruby, looked_ns));
    for (const ProcessId& process : followed.others()) session.add_other(process);
    if (options_.event.kind == EventKind::wall)
      for (const auto& [target, looked_ns] : followed.rubies()) session.add_sleepers(target.ruby, target.threads);
    return {};
  }

  static Status add_command(RecordingSession& session, StackSource& source, ProcessId process) {
    if (!TRY(source.follow(process))) return fail(Errc::not_found, "the command ended before it began");
    session.add_other(process);
    return {};
  }

  // A uprobe's file: "ruby" stands for the interpreter of the first target.
  std::string library_path(const FollowedProcesses& followed) const {
    const EventSpec& event = options_.event;
    const bool is_interpreter = event.kind == EventKind::usdt || event.first == "ruby";
    if (is_interpreter && !followed.rubies().empty()) return followed.rubies().front().target.ruby.binary().image.name();
    return event.first;
  }

  Status loop(RecordingSession& session, const UniqueFd& signals, StartedCommand* command) {
    const uint64_t start = monotonic_ns();
    const uint64_t end = options_.duration ? start + static_cast<uint64_t>(options_.duration->count()) : ~0ULL;
    for (;;) {
      const uint64_t now = monotonic_ns();
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
