// rbperf diff: what changed between two recordings.
#include <fmt/format.h>
#include <unistd.h>

#include "profiler/commands/cli.h"
#include "profiler/commands/command.h"
#include "profiler/write/difference.h"
#include "profiler/write/losses.h"
#include "src/base/text.h"
#include "view/terminal.h"

namespace redbee::profiler {

namespace {

constexpr std::string_view kHelp =
    "usage: rbperf diff [OPTIONS] BEFORE AFTER\n\n"
    "Compares shares of the total, so the recordings need not be equally long.\n\n"
    "  -f, --format NAME    table, html (flame graph: red grew, blue shrank),\n"
    "                       folded (stack before after), json; or told by the name after -o\n"
    "  -o, --output FILE    written whole or not at all\n"
    "      --lines          tell frames apart by line, not by method\n"
    "      --rows N         rows of the table; 0: all (20)\n"
    "      --thread NAME|TID  -p, --pid PID  --event NAME  --method NAME|/RE/  --without "
    "NAME|/RE/\n"
    "  -q                   do not say what was lost\n"
    "examples:\n"
    "  rbperf diff before.rbperf after.rbperf\n"
    "  rbperf diff before.rbperf after.rbperf -o change.html\n"
    "  rbperf diff rbperf.rbperf.1 rbperf.rbperf --method /Controller#/ --rows 0\n";

using Writer = void (*)(const Difference&, const ReportOptions&, Output&);

struct DiffFormat {
  std::string_view name, ending;
  Writer write;
};

constexpr DiffFormat kFormats[] = {{"table", ".txt", write_difference_table},
                                   {"html", ".html", write_difference_html},
                                   {"folded", ".folded", write_difference_folded},
                                   {"json", ".json", write_difference_json}};

struct DiffArguments {
  std::vector<std::string> files;
  std::string format;
  std::string output = "-";
  FilterOptions filter;
  ReportOptions report;
  bool has_lines = false, is_quiet = false;
};

const DiffFormat* find_diff_format(const DiffArguments& arguments) {
  for (const DiffFormat& format : kFormats) {
    bool is_named = format.name == arguments.format;
    bool is_told = arguments.format.empty() && arguments.output.ends_with(format.ending);
    if (is_named || is_told) return &format;
  }
  return arguments.format.empty() ? &kFormats[0] : nullptr;
}

Status run(const DiffFormat& format, DiffArguments& arguments) {
  Recording before = TRY(read_recording(arguments.files[0]));
  Recording after = TRY(read_recording(arguments.files[1]));
  Difference difference = TRY(compare(std::move(before), std::move(after), arguments.filter));
  Output out = TRY(Output::open(arguments.output));
  arguments.report.event = difference.event();
  arguments.report.detail = arguments.has_lines ? Detail::line : Detail::method;
  arguments.report.width = view::terminal_width(STDOUT_FILENO);
  arguments.report.has_colour = out.is_terminal() && view::has_colour(STDOUT_FILENO);
  arguments.report.name = cat(arguments.files[0], " → ", arguments.files[1]);
  format.write(difference, arguments.report, out);
  TRY(out.commit());
  std::string losses = describe_losses(difference.both);
  if (!losses.empty() && !arguments.is_quiet) fmt::print(stderr, "rbperf diff: {}\n", losses);
  return {};
}

}  // namespace

int diff_command(int argc, char** argv) {
  CLI::App app("", "rbperf diff");
  DiffArguments arguments;
  app.add_option("files", arguments.files);
  app.add_option("-f,--format", arguments.format);
  app.add_option("-o,--output", arguments.output);
  app.add_option("--rows", arguments.report.rows);
  app.add_flag("--lines", arguments.has_lines);
  app.add_flag("-q,--quiet", arguments.is_quiet);
  add_filter_options(app, arguments.filter);
  if (auto status = parse_arguments(app, argc, argv, kHelp)) return *status;
  if (arguments.files.size() != 2) return usage_error(app, "name two recordings: BEFORE AFTER");
  const DiffFormat* format = find_diff_format(arguments);
  if (!format) return usage_error(app, cat("there is no format ", arguments.format));
  if (Status status = run(*format, arguments); !status) return report_error(app, status.error());
  return 0;
}

}  // namespace redbee::profiler
