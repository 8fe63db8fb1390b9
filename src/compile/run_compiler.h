// One run of redbee-cc as a child process: source in, bytes and diagnostics out.
#pragma once

#include <string>
#include <vector>

#include "redbee/result.h"

namespace redbee {

struct CompilerRun {
  int exit_status = -1;      // -1: ended by a signal
  int signal = 0;
  std::string output;        // standard output: the Image
  std::string diagnostics;   // standard error
};

struct CompilerCall {
  std::string path;
  std::vector<std::string> arguments;   // before the source's name
  std::string source_text;
  std::string source_name;   // stands in diagnostics
  std::string usdt_json;     // empty: none
  bool wants_image = true;   // false: what the arguments ask to be printed
};

Result<CompilerRun> run_compiler(const CompilerCall& call);

}  // namespace redbee
