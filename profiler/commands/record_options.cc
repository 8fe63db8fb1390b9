#include "profiler/commands/record_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "profiler/commands/cli.h"
#include "profiler/sample/syscall_names.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

constexpr const char* kExamples = R"(examples:
  rbperf record --pid 1234                      # CPU time, until Ctrl-C
  rbperf record --pid 1234 -d 10s wall          # also waiting, 10 seconds
  rbperf record -- ruby app.rb                  # a command and its children
  rbperf record --pid 1234 syscall read write   # who calls read and write
  rbperf record --pid 1234 event --uprobe ruby:rb_exc_raise)";

// What CLI11 fills in.
struct RawOptions {
  std::string command_text, duration, tracepoint, uprobe, usdt;
  std::vector<std::string> syscalls;
  std::string event_mode = "cpu";
  bool lists_syscalls = false, no_follow = false;
};

Result<EventSpec> event_of(const CLI::App& app, const RawOptions& raw, double frequency, uint32_t one_in) {
  EventSpec event;
  if (app.got_subcommand("wall")) event.kind = EventKind::wall;
  if (app.got_subcommand("event")) {
    const int given = !raw.tracepoint.empty() + !raw.uprobe.empty() + !raw.usdt.empty();
    if (given != 1) return fail(Errc::invalid_argument, "event needs one of --tracepoint, --uprobe, --usdt");
    if (!raw.tracepoint.empty()) event = TRY(parse_pair(EventKind::tracepoint, raw.tracepoint));
    if (!raw.uprobe.empty()) event = TRY(parse_pair(EventKind::uprobe, raw.uprobe));
    if (!raw.usdt.empty()) event = TRY(parse_pair(EventKind::usdt, raw.usdt));
  }
  if (app.got_subcommand("syscall")) {
    event.kind = EventKind::syscalls;
    if (raw.syscalls.empty()) return fail(Errc::invalid_argument, "syscall needs names of system calls, or --list");
    for (const std::string& name : raw.syscalls) {
      const std::optional<int> number = find_syscall(name);
      if (!number)
        return fail(Errc::invalid_argument, cat("there is no system call ", name, "; rbperf record syscall --list shows them all"));
      event.syscalls.push_back(*number);
    }
  }
  event.frequency_hz = frequency;
  event.one_in = one_in;
  return event;
}

int usage_error(std::string_view message) {
  fmt::print(stderr, "rbperf record: {}; see: rbperf record --help\n", message);
  return 2;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const size_t digits = text.find_first_not_of("0123456789.");
  const std::string number(text.substr(0, digits));
  const std::string_view unit = digits == text.npos ? "s" : text.substr(digits);
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  const double scale = unit == "ns" ? 1 : unit == "us" ? 1e3 : unit == "ms" ? 1e6 : unit == "s" ? 1e9
                     : unit == "m" ? 60e9 : unit == "h" ? 3600e9 : 0;
  if (number.empty() || *end || scale == 0 || value <= 0 || value * scale > 9e18)
    return fail(Errc::invalid_argument, cat("duration ", text, ": expected something like 500ms, 10s, 5m"));
  return std::chrono::nanoseconds(static_cast<int64_t>(value * scale));
}

std::optional<RecordOptions> parse_record_options(int argc, char** argv, int* status) {
  RecordOptions options;
  RawOptions raw;
  double frequency = 99;
  uint32_t one_in = 1;
  CLI::App app("Records the stacks of running Ruby processes, without stopping them.", "rbperf record");
  app.footer(kExamples);
  app.add_option("-p,--pid", options.pids, "a process, with its children; may be repeated")->type_name("PID")->check(check_pid);
  app.add_option("-c,--command", raw.command_text, "record this command line; also: -- COMMAND ARG…")->type_name("TEXT");
  app.add_option("-d,--duration", raw.duration, "how long: 500ms, 10s, 5m (else until Ctrl-C)")->type_name("TIME");
  app.add_option("-F,--frequency", frequency, "samples a second and CPU, 1 to 10000")->type_name("HZ")->check(check_range(1, 10'000))->capture_default_str();
  app.add_option("-o,--output", options.output, "the recording")->type_name("FILE")->capture_default_str();
  app.add_option("--ruby-offsets", options.inspect.offsets_file, "file of memory offsets that override rbperf's own")->type_name("FILE");
  app.add_option("--one-in", one_in, "of events that are not timed, record one in N")->type_name("N")->check(check_range(1, 1 << 30));
  app.add_flag("--native", options.wants_native, "also what C code does inside of C methods");
  app.add_flag("--no-follow", raw.no_follow, "do not record child processes");
  app.add_flag("-q,--quiet", options.is_quiet, "say nothing but errors");
  app.add_flag("-v,--verbose", options.is_verbose, "say what is attached and what was found");
  app.add_subcommand("cpu", "by CPU time (default)")->fallthrough();
  app.add_subcommand("wall", "by time, running or waiting")->fallthrough();
  CLI::App* event = app.add_subcommand("event", "whenever something happens")->fallthrough();
  event->add_option("--tracepoint", raw.tracepoint, "CATEGORY:EVENT");
  event->add_option("--uprobe", raw.uprobe, "LIBRARY:FUNCTION; the library ruby is the interpreter");
  event->add_option("--usdt", raw.usdt, "PROVIDER:NAME of the interpreter");
  CLI::App* syscall = app.add_subcommand("syscall", "at system calls")->fallthrough();
  syscall->add_option("names", raw.syscalls, "names of system calls");
  syscall->add_flag("--list", raw.lists_syscalls, "list the names");
  app.require_subcommand(0, 1);

  // What stands behind -- is the command, whole.
  int own = argc;
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]) == "--") {
      options.command.assign(argv + i + 1, argv + argc);
      own = i;
      break;
    }
  for (int i = 0; i < argc; ++i) options.command_line += cat(i ? " " : "rbperf ", argv[i]);
  *status = 2;
  try {
    app.parse(own, argv);
  } catch (const CLI::ParseError& error) {
    *status = error.get_exit_code() == 0 ? app.exit(error) : usage_error(error.what());
    return std::nullopt;
  }
  if (raw.lists_syscalls) {
    for (const std::string& name : syscall_names()) fmt::print("{}\n", name);
    *status = 0;
    return std::nullopt;
  }
  Result<EventSpec> spec = event_of(app, raw, frequency, one_in);
  if (!spec) return *status = usage_error(spec.error().message), std::nullopt;
  options.event = std::move(*spec);
  options.follows_forks = !raw.no_follow;
  if (!raw.command_text.empty()) options.command = {"/bin/sh", "-c", "exec " + raw.command_text};
  if (options.command.empty() == options.pids.empty())
    return *status = usage_error("needs --pid PID or -- COMMAND, one of them"), std::nullopt;
  if (!raw.duration.empty()) {
    const auto duration = parse_duration(raw.duration);
    if (!duration) return *status = usage_error(duration.error().message), std::nullopt;
    options.duration = *duration;
  }
  return options;
}

}  // namespace redbee::profiler
