// rbperf: a table of subcommands, each in commands/.
#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "profiler/commands/command.h"
#include "redbee/version.h"
#include "src/base/log.h"

namespace redbee::profiler {

namespace {

constexpr Command kCommands[] = {
#if REDBEE_PROFILER_RECORD
    {"record", "record the stacks of running Ruby processes", record_command},
    {"info", "what rbperf finds in a Ruby process, and how it knows", info_command},
    {"snapshot", "every thread's stack of a process, once", snapshot_command},
#endif
    {"report", "what a recording says: tables, flame graph, pprof and more", report_command},
    {"diff", "what changed between two recordings", diff_command},
    {"merge", "several recordings as one", merge_command},
};

void print_help(FILE* out) {
  fmt::print(out, "usage: rbperf COMMAND [OPTIONS]\n\nProfiles and traces running Ruby processes "
                  "from outside.\n\n");
  for (const Command& command : kCommands) {
    fmt::print(out, "  {:<10} {}\n", command.name, command.summary);
  }
  fmt::print(out,
             "\nexamples:\n"
             "  rbperf record --pid 1234 --duration 10s   # writes rbperf.rbperf\n"
             "  rbperf report rbperf.rbperf               # where the time went\n"
             "  rbperf report rbperf.rbperf -f html -o flame.html\n"
             "\n`rbperf COMMAND --help` says more; `rbperf --version` prints version and commit.\n");
}

int run(int argc, char** argv) {
  std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h" || name == "help") return print_help(stdout), 0;
  if (name == "--version") return fmt::print("rbperf {} ({})\n", REDBEE_VERSION, REDBEE_COMMIT), 0;
  if (name.empty()) return print_help(stderr), 2;
  for (const Command& command : kCommands) {
    if (command.name == name) return command.run(argc - 1, argv + 1);
  }
  fmt::print(stderr, "rbperf: there is no command {}; see: rbperf --help\n", name);
  return 2;
}

}  // namespace

}  // namespace redbee::profiler

int main(int argc, char** argv) {
  redbee::log_to_stderr();
  return redbee::profiler::run(argc, argv);
}
