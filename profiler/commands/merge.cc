// rbperf merge: several recordings as one file.
#include "profiler/profile/merge.h"

#include <fmt/format.h>

#include <algorithm>

#include "profiler/commands/cli.h"
#include "profiler/commands/command.h"
#include "src/base/text.h"

namespace redbee::profiler {

namespace {

constexpr std::string_view kHelp =
    "usage: rbperf merge OUT FILE FILE…\n\n"
    "Writes the samples of all files as one recording. Times move onto the clock of the one that\n"
    "began first. When the sampling rates differ, samples become nanoseconds. An existing OUT "
    "moves\n"
    "to OUT.1.\n\n"
    "  -q   do not say what was written\n"
    "examples:\n"
    "  rbperf merge day.rbperf morning.rbperf evening.rbperf\n"
    "  rbperf merge cluster.rbperf host-*.rbperf\n"
    "  rbperf merge whole.rbperf damaged.rbperf      # keeps what is readable\n";

Status run(const std::vector<std::string>& files, bool is_quiet) {
  std::vector<Recording> recordings;
  for (size_t i = 1; i < files.size(); i++) {
    recordings.push_back(TRY(read_recording(files[i])));
    std::string damage = recordings.back().damage.describe();
    if (!damage.empty()) fmt::print(stderr, "rbperf merge: {}: {}\n", files[i], damage);
  }
  bool has_one_rate =
      std::all_of(recordings.begin(), recordings.end(), [&](const Recording& recording) {
        return recording.header.frequency_hz == recordings[0].header.frequency_hz;
      });
  Recording merged = merge_recordings(std::move(recordings));
  std::optional<std::string> rotated = TRY(write_recording(files[0], merged));
  if (is_quiet) return {};
  if (!has_one_rate)
    fmt::print(stderr, "rbperf merge: the sampling rates differ: samples became nanoseconds\n");
  if (rotated) fmt::print(stderr, "rbperf merge: {} was there and is now {}\n", files[0], *rotated);
  fmt::print(stderr, "rbperf merge: wrote {} samples to {}\n", merged.samples.size(), files[0]);
  return {};
}

}  // namespace

int merge_command(int argc, char** argv) {
  CLI::App app("", "rbperf merge");
  std::vector<std::string> files;
  bool is_quiet = false;
  app.add_option("files", files);
  app.add_flag("-q,--quiet", is_quiet);
  if (auto status = parse_arguments(app, argc, argv, kHelp)) return *status;
  if (files.size() < 2) return usage_error(app, "name the file to write, then those to read");
  bool reads_what_it_writes = std::count(files.begin() + 1, files.end(), files[0]) > 0;
  if (reads_what_it_writes)
    return usage_error(app, cat(files[0], " is to be written and read; write another file"));
  if (Status status = run(files, is_quiet); !status) return report_error(app, status.error());
  return 0;
}

}  // namespace redbee::profiler
