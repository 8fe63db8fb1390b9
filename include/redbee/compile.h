// compile: Source → Image. Spawns redbee-cc (the only part of Redbee that links clang) and keeps its
// results in a disk cache, so that the second start of a program compiles nothing.
//
//   Result<Image> image = compile({.text = text, .name = "runqlat.c"});
//   if (!image) for (const std::string& line : image.error().log) print(line);   // diagnostics
//
// Errors: compile_failed (message: the first error; log: every diagnostic), not_found (no redbee-cc:
// the message lists where it was looked for), os. A damaged or unsafe cache is never an error: it is
// logged and passed by.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "redbee/image.h"
#include "redbee/result.h"
#include "redbee/source.h"

namespace redbee {

struct CompileOptions {
  // Empty: $REDBEE_CC, beside the executable or library that holds this code, then PATH.
  std::string compiler = {};
  // Another kernel than the running one: a BTF file, and a directory like /sys/kernel/tracing.
  std::string btf = {};
  std::string tracefs = {};
  std::string release = {};   // of that kernel: "6.1.0-18-amd64"
  // Empty: $REDBEE_CACHE, else $XDG_CACHE_HOME/redbee or ~/.cache/redbee, for root
  // /var/cache/redbee. "off": neither read nor written.
  std::string cache = {};
  uint64_t cache_limit_bytes = 256u << 20;   // oldest entries go first when it is passed
};

Result<Image> compile(const Source& source, const CompileOptions& options = {});

// What redbee-cc itself says with --disasm or --facts; not cached. For `debug` flags of front ends.
Result<std::string> describe(const Source& source, const std::string& flag, const CompileOptions& options = {});

// The executable that compile() would run, or not_found.
Result<std::string> find_compiler(const CompileOptions& options = {});

}  // namespace redbee
