// Makes recordings to measure and to test reports with, always the same for the same arguments.
//   report_recordings known FILE              the few samples whose every number the tests know
//   report_recordings odd FILE                names that are not UTF-8, with markup and separators
//   report_recordings big FILE [SAMPLES]      50,000 distinct stacks (default: 1,000,000 samples)
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "profiler/testing/sample_recording.h"

int main(int argc, char** argv) {
  using namespace redbee::profiler;
  std::string_view kind = argc > 2 ? argv[1] : "";
  if (kind == "known") return write_known_recording(argv[2]), 0;
  if (kind == "odd")
    return write_sample_recording(argv[2], {.samples = 500, .has_odd_names = true}), 0;
  if (kind == "big") {
    uint64_t samples = argc > 3 ? strtoull(argv[3], nullptr, 10) : 1'000'000;
    write_sample_recording(argv[2],
                           {.samples = samples, .stacks = 50'000, .depth = 20, .threads = 16});
    return 0;
  }
  fmt::print(stderr, "usage: report_recordings known|odd|big FILE [SAMPLES]\n");
  return 2;
}
