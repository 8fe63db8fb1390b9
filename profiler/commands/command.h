// The subcommands of rbperf, in main.cc's table. Each is a function of its own arguments, argv[0]
// being the subcommand's name, and returns the exit status: 0 done, 1 could not, 2 wrong usage.
#pragma once

#include <string_view>

namespace redbee::profiler {

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(int argc, char** argv);
};

int report_command(int argc, char** argv);
int diff_command(int argc, char** argv);
int merge_command(int argc, char** argv);

int record_command(int argc, char** argv);
int info_command(int argc, char** argv);
int snapshot_command(int argc, char** argv);

}  // namespace redbee::profiler
