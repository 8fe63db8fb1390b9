#include "profiler/testing/sample_recording.h"

#include <cstdlib>
#include <filesystem>
#include <random>
#include <vector>

#include "profiler/recording/intern_table.h"
#include "src/base/text.h"

namespace redbee::profiler {

namespace {

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  std::abort();
}

void check(const Status& status) {
  if (!status) stop(status.error());
}

constexpr const char* kClasses[] = {"ActiveRecord::Relation",
                                    "ActionView::Template",
                                    "ActionController::Metal",
                                    "Rack::Builder",
                                    "User",
                                    "Order::Invoice",
                                    "JSON::Ext::Generator",
                                    "Set",
                                    "Puma::ThreadPool",
                                    "Sidekiq::Processor"};
constexpr const char* kMethods[] = {"call",  "render", "each",     "to_a",     "process",
                                    "build", "load",   "find_by",  "validate", "run",
                                    "fetch", "write",  "serialize"};

// uniform_int_distribution differs between libraries; this does not.
uint64_t below(std::mt19937_64& random, uint64_t limit) {
  return random() % limit;
}

class Generator {
 public:
  Generator(RecordingWriter& writer, const SampleRecordingOptions& options)
      : writer_(writer), options_(options), random_(options.seed) {
    make_frames();
    make_stacks();
  }

  void run() {
    uint64_t time_ns = 1'000'000'000;
    for (uint64_t i = 0; i < options_.samples; i++) {
      time_ns += 1'000'000 + below(random_, 1000);
      uint32_t thread = static_cast<uint32_t>(below(random_, options_.threads));
      // Squaring makes few stacks frequent and most rare, as in real profiles.
      uint64_t pick = below(random_, stacks_.size());
      pick = pick * pick / stacks_.size();
      const std::vector<FrameId>& stack = i < stacks_.size() ? stacks_[i] : stacks_[pick];
      check(writer_.add(
          {.time_ns = time_ns,
           .pid = 4000,
           .tid = 4000 + thread,
           .cpu = static_cast<uint32_t>(below(random_, 4)),
           .thread_name = writer_.intern_string(thread == 0 ? "main" : cat("worker ", thread)),
           .frames = stack}));
    }
  }

 private:
  void make_frames() {
    for (uint32_t i = 0; i < options_.methods; i++) {
      uint64_t pick = below(random_, 100);
      std::string method = kMethods[below(random_, std::size(kMethods))];
      std::string owner =
          cat(kClasses[below(random_, std::size(kClasses))], i >= 200 ? cat("::Part", i / 20) : "");
      if (options_.has_odd_names && i % 7 == 0) method += "\xff;</script>\"' \xc3\xa9\n\\x41";
      std::string path = cat("/app/lib/part_", i / 20, ".rb");
      int32_t line = static_cast<int32_t>(1 + below(random_, 400));
      FrameKind kind = pick < 78   ? FrameKind::ruby
                       : pick < 92 ? FrameKind::cfunc
                       : pick < 96 ? FrameKind::native
                       : pick < 98 ? FrameKind::kernel
                                   : FrameKind::gc;
      std::string label = pick % 5 == 0 ? cat("block in ", method) : method;
      frames_.push_back(
          writer_.intern_frame({kind, cat(owner, "#", method), label, method, path, line}));
    }
  }

  // Walks down a call graph in which every frame has a few callees, the first the likeliest.
  void make_stacks() {
    std::vector<FrameId> outermost_first;
    for (uint32_t i = 0; i < options_.stacks; i++) {
      size_t depth = 1 + options_.depth / 2 + below(random_, options_.depth);
      // A part of the stack before stays: real stacks share their roots.
      outermost_first.resize(outermost_first.size() * below(random_, 4) / 4);
      size_t frame = outermost_first.empty() ? 0 : index_of(outermost_first.back());
      while (outermost_first.size() < depth) {
        if (!outermost_first.empty()) frame = callee_of(frame);
        outermost_first.push_back(frames_[frame]);
      }
      stacks_.emplace_back(outermost_first.rbegin(), outermost_first.rend());
    }
  }

  size_t index_of(FrameId frame) const { return static_cast<size_t>(frame - frames_[0]); }

  size_t callee_of(size_t frame) {
    constexpr size_t kCallees = 5;
    size_t pick = below(random_, kCallees) * below(random_, kCallees) / kCallees;
    return mix_hash(frame * kCallees + pick) % frames_.size();
  }

  RecordingWriter& writer_;
  const SampleRecordingOptions& options_;
  std::mt19937_64 random_;
  std::vector<FrameId> frames_;
  std::vector<std::vector<FrameId>> stacks_;
};

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "redbee-XXXXXX").string();
  if (!mkdtemp(pattern.data())) std::abort();
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_sample_recording(const std::string& path, const SampleRecordingOptions& options) {
  Header header;
  header.command_line = "rbperf record -F 999 -p 4000";
  header.processes = {{4000, "puma: worker", "3.3.8"}};
  header.events = {{"cpu", Unit::samples}};
  header.frequency_hz = 999;
  header.start_ns = 1'000'000'000;
  header.start_unix_ns = 1'700'000'000'000'000'000;
  auto writer = RecordingWriter::create(path, header, {.block_bytes = options.block_bytes});
  if (!writer) stop(writer.error());
  Generator(*writer, options).run();
  check(writer->finish({.delivered = options.samples}));
}

void write_known_recording(const std::string& path) {
  Header header;
  header.command_line = "rbperf record -p 100";
  header.processes = {{100, "ruby app.rb", "3.1.2"}};
  header.events = {{"cpu", Unit::samples}};
  header.statuses = {"ok", "truncated_depth"};
  header.frequency_hz = 100;
  header.start_ns = 5'000'000'000;
  header.start_unix_ns = 1'700'000'000'000'000'000;
  header.kernel = "6.1.0";
  auto writer = RecordingWriter::create(path, header);
  if (!writer) stop(writer.error());
  auto frame = [&](FrameKind kind, const char* method, const char* label, const char* base,
                   const char* file, int32_t line) {
    return writer->intern_frame({kind, method, label, base, file, line});
  };
  FrameId main = frame(FrameKind::ruby, "<main>", "<main>", "", "app.rb", 3);
  FrameId work10 = frame(FrameKind::ruby, "Job#work", "work", "", "job.rb", 10);
  FrameId work11 = frame(FrameKind::ruby, "Job#work", "work", "", "job.rb", 11);
  FrameId run = frame(FrameKind::ruby, "Job.run", "block in run", "run", "job.rb", 20);
  FrameId sleep = frame(FrameKind::cfunc, "Kernel#sleep", "sleep", "", "job.rb", 11);
  FrameId native =
      frame(FrameKind::native, "native_sleep", "native_sleep", "", "libruby.so.3.1", 0);
  FrameId kernel = frame(FrameKind::kernel, "do_nanosleep", "do_nanosleep", "", "", 0);
  FrameId gc = frame(FrameKind::gc, "(GC: marking)", "(GC: marking)", "", "", 0);
  uint64_t time_ns = header.start_ns;
  auto add = [&](uint32_t tid, const char* name, uint16_t status, std::vector<FrameId> frames) {
    time_ns += 10'000'000;
    check(writer->add({.time_ns = time_ns,
                       .pid = 100,
                       .tid = tid,
                       .cpu = 1,
                       .thread_name = writer->intern_string(name),
                       .status = status,
                       .fiber = tid == 101 ? 7u : 0u,
                       .frames = frames}));
  };
  add(100, "main", 0, {work10, main});
  add(100, "main", 0, {work10, main});
  add(100, "main", 0, {work11, main});
  add(100, "main", 0, {sleep, work11, main});
  add(101, "worker", 0, {work10, run});
  add(101, "worker", 0, {kernel, native, sleep, work11, run});
  add(101, "worker", 0, {gc, work10, work10, run});
  add(101, "worker", 1, {work11});
  check(writer->finish({.delivered = 8,
                        .lost = 2,
                        .skipped = 1,
                        .end_ns = time_ns,
                        .by_cause = {{"truncated_depth", 1}}}));
}

Recording known_recording() {
  TemporaryDirectory directory;
  write_known_recording(directory.file("known.rbperf"));
  auto recording = read_recording(directory.file("known.rbperf"));
  if (!recording) stop(recording.error());
  return std::move(*recording);
}

}  // namespace redbee::profiler
