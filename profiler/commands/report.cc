// rbperf report: what recordings say, in one of many formats.
#include <fmt/format.h>
#include <unistd.h>

#include "profiler/commands/cli.h"
#include "profiler/commands/command.h"
#include "profiler/profile/merge.h"
#include "profiler/write/format.h"
#include "profiler/write/losses.h"
#include "src/base/text.h"
#include "view/progress.h"
#include "view/terminal.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

struct ReportArguments {
  std::vector<std::string> files;
  std::string format;
  std::string output = "-";
  FilterOptions filter;
  TimeRange time;
  ReportOptions report;
  bool has_lines = false, is_quiet = false, is_verbose = false;
};

std::string help_text() {
  std::string formats;
  for (const Format& format : profiler::formats())
    formats += fmt::format("  {:<11} {}\n", format.name, format.summary);
  return cat(
      "usage: rbperf report [OPTIONS] [FILE…]     (default file: rbperf.rbperf; - is standard "
      "input)\n\n"
      "  -f, --format NAME    one of the formats below; without it, told by the name after -o, "
      "else table\n"
      "  -o, --output FILE    written whole or not at all\n"
      "      --lines          tell frames apart by line, not by method\n"
      "      --rows N         rows of each table; 0: all (20)\n"
      "      --min-percent P  of the tree: smaller branches are summed up (0.5)\n"
      "      --source-root D  where `source` looks for files too (repeatable)\n"
      "which samples (repeatable):\n"
      "      --thread NAME|TID   -p, --pid PID   --event NAME   --from TIME   --to TIME\n"
      "      --method NAME|/RE/  on the stack    --without NAME|/RE/  not on the stack\n"
      "  -q, -v               say less or more on standard error\n"
      "formats:\n",
      formats,
      "examples:\n"
      "  rbperf report\n"
      "  rbperf report web.rbperf -o flame.html --thread worker\n"
      "  rbperf report a.rbperf b.rbperf -f pprof -o cpu.pb.gz --from 10s --to 20s\n");
}

// By the end of the file's name, as `-o flame.html`.
std::string_view format_of_name(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kEndings[] = {
      {".html", "html"},
      {".pb.gz", "pprof"},
      {".pprof", "pprof"},
      {".folded", "folded"},
      {".speedscope.json", "speedscope"},
      {".cpuprofile", "cpuprofile"},
      {".callgrind", "callgrind"},
      {".csv", "csv"},
      {".ndjson", "ndjson"},
      {".jsonl", "samples"},
      {".json", "json"}};
  for (const auto& [ending, format] : kEndings) {
    if (name.ends_with(ending)) return format;
  }
  return "table";
}

void define_options(CLI::App& app, ReportArguments& arguments) {
  app.add_option("files", arguments.files);
  app.add_option("-f,--format", arguments.format);
  app.add_option("-o,--output", arguments.output);
  app.add_option("--rows", arguments.report.rows);
  app.add_option("--min-percent", arguments.report.min_percent);
  app.add_option("--source-root", arguments.report.source_roots)->expected(1)->take_all();
  app.add_flag("--lines", arguments.has_lines);
  app.add_flag("-q,--quiet", arguments.is_quiet);
  app.add_flag("-v,--verbose", arguments.is_verbose);
  add_filter_options(app, arguments.filter);
  arguments.time.add_options(app);
}

Result<Recording> read_all(const std::vector<std::string>& files) {
  std::vector<Recording> recordings;
  view::Progress progress("reading recordings", files.size());
  for (const std::string& file : files) {
    recordings.push_back(TRY(read_recording(file)));
    progress.update(recordings.size());
  }
  return merge_recordings(std::move(recordings));
}

// The event that the formats of one event show, and a word about the others.
void choose_event(const Profile& profile, const Format& format, ReportArguments& arguments) {
  std::vector<uint16_t> events = profile.events();
  arguments.report.event = events.front();
  if (!format.has_one_event || events.size() == 1 || arguments.is_quiet) return;
  fmt::print(stderr,
             "rbperf report: {} shows one event: {}; choose with --event from:", format.name,
             view::printable(profile.event(events.front()).name));
  for (uint16_t event : events)
    fmt::print(stderr, " {}", view::printable(profile.event(event).name));
  fmt::print(stderr, "\n");
}

Status write_report(const Profile& profile, const Format& format, ReportArguments& arguments) {
  Output out = TRY(Output::open(arguments.output));
  arguments.report.width = view::terminal_width(STDOUT_FILENO);
  arguments.report.has_colour = out.is_terminal() && view::has_colour(STDOUT_FILENO);
  arguments.report.detail = arguments.has_lines ? Detail::line : Detail::method;
  arguments.report.name =
      arguments.files.size() == 1 ? arguments.files[0] : cat(arguments.files.size(), " recordings");
  arguments.report.source_methods = arguments.filter.methods;
  choose_event(profile, format, arguments);
  format.write({profile, arguments.report}, out);
  return out.commit();
}

Status run(const Format& format, ReportArguments& arguments) {
  Recording recording = TRY(read_all(arguments.files));
  Profile profile = TRY(aggregate(recording, arguments.filter));
  TRY(write_report(profile, format, arguments));
  std::string losses = describe_losses(profile);
  if (!losses.empty() && !arguments.is_quiet) {
    fmt::print(stderr, "rbperf report: {} samples; {}\n", profile.samples.size(), losses);
  }
  if (arguments.is_verbose && arguments.output != "-")
    fmt::print(stderr, "rbperf report: wrote {}\n", arguments.output);
  return {};
}

}  // namespace

int report_command(int argc, char** argv) {
  CLI::App app("", "rbperf report");
  ReportArguments arguments;
  define_options(app, arguments);
  if (auto status = parse_arguments(app, argc, argv, help_text())) return *status;
  if (arguments.files.empty()) arguments.files = {"rbperf.rbperf"};
  std::string_view name =
      arguments.format.empty() ? format_of_name(arguments.output) : arguments.format;
  const Format* format = find_format(name);
  if (!format) return usage_error(app, cat("there is no format ", name));
  if (format->is_binary && arguments.output == "-" && view::is_terminal(STDOUT_FILENO)) {
    return usage_error(app, cat(name, " is binary: name a file with -o"));
  }
  if (Status range = arguments.time.apply(arguments.filter); !range)
    return usage_error(app, range.error().message);
  if (Status status = run(*format, arguments); !status) return report_error(app, status.error());
  return 0;
}

}  // namespace redbee::profiler
