// Recordings made by the real writer for tests, fuzzing and benchmarks, always the same bytes for
// the same options.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/recording/reader.h"
#include "profiler/recording/recording.h"

namespace redbee::profiler {

// A directory that is gone, with its files, when the object is.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct SampleRecordingOptions {
  uint64_t samples = 1000;
  uint32_t stacks = 50;  // distinct ones, at most
  uint32_t methods = 2000;
  uint32_t depth = 12;  // of a stack, on average
  uint32_t threads = 3;
  uint64_t seed = 1;
  size_t block_bytes = 256 * 1024;
  bool has_odd_names = false;  // names that are not UTF-8, with quotes, markup and separators
};

void write_sample_recording(const std::string& path, const SampleRecordingOptions& options);

// A small recording whose every number is known: the fixture of the tests of the formats.
//   main   work ×3 (line 10 ×2, 11 ×1) called from main line 3; sleep (cfunc) called from work
//   worker work ×2 via block in run; native and kernel frames below a cfunc; one truncated sample
void write_known_recording(const std::string& path);
Recording known_recording();

}  // namespace redbee::profiler
