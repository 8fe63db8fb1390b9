// The command line of redbee-cc, as a value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "redbee/result.h"
#include "src/cc/kernel_target.h"

namespace redbee::cc {

struct Options {
  std::string source;  // a path, or "-" for standard input
  std::string name;    // what diagnostics call the text
  std::string output;  // a path, or "-" for standard output; empty: nothing is written
  std::string usdt;    // facts of the probes bound to functions
  KernelPaths kernel;
  std::vector<std::string> preprocessor;  // -D, -U and -I in the order given
  bool print_facts = false, print_disassembly = false;
  bool check_types = false;  // compare every struct of BTF with what clang makes of it
  bool show_help = false, show_version = false;
};

Result<Options> parse_options(const std::vector<std::string>& arguments);
extern const char kUsage[];

}  // namespace redbee::cc
