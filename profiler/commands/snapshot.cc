// rbperf snapshot: every thread's stack, once, read from outside without stopping the process.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

#include "profiler/commands/cli.h"
#include "profiler/commands/command.h"
#include "profiler/commands/target.h"
#include "profiler/recording/recording.h"
#include "profiler/resolve/stack_names.h"
#include "profiler/unwind/host_walk.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

struct ThreadStack {
  uint32_t tid = 0;
  std::string name;
  uint16_t status = 0;
  std::vector<Frame> frames;  // innermost first
};

constexpr std::string_view kStatusSentences[] = {
#define RB_STATUS(number, name, sentence) sentence,
#include "profiler/unwind/statuses.def"
#undef RB_STATUS
};
constexpr std::string_view kStatusNames[] = {
#define RB_STATUS(number, name, sentence) #name,
#include "profiler/unwind/statuses.def"
#undef RB_STATUS
};

std::vector<ThreadStack> read_stacks(const Target& target) {
  std::vector<Frame> frames;  // by FrameId
  StackNames names([&](const Frame& frame) {
    frames.push_back(frame);
    return static_cast<FrameId>(frames.size() - 1);
  });
  const std::unique_ptr<FrameNames> frame_names = FrameNames::of(target.ruby);
  const rb_process facts = target.ruby.facts();
  std::vector<ThreadStack> stacks;
  for (const rb_task& thread : target.threads) {
    HostStack walked = walk_stack(target.ruby.memory(), facts, thread.thread_pointer);
    for (const rb_name& name : walked.names) frame_names->learn(name);
    const rb_sample& sample = walked.slot->sample;
    ThreadStack stack{thread.tid, std::string(thread.comm, strnlen(thread.comm, sizeof thread.comm)),
                      sample.status, {}};
    std::vector<FrameId> ids;
    const auto* raw = reinterpret_cast<const rb_frame*>(sample.words);
    names.append(*frame_names, {raw, sample.ruby_frames}, sample.gc_epoch, false, &ids);
    for (FrameId id : ids) stack.frames.push_back(frames[id]);
    stacks.push_back(std::move(stack));
  }
  return stacks;
}

std::string display_name(const Frame& frame) {
  if (frame.label.starts_with("block ") || frame.label.starts_with("rescue ") || frame.label.starts_with("ensure ")) {
    const size_t in = frame.label.find(" in ");
    if (in != frame.label.npos) return cat(frame.label.substr(0, in + 4), frame.method);
  }
  return frame.method;
}

void print_text(const std::vector<ThreadStack>& stacks) {
  for (const ThreadStack& stack : stacks) {
    fmt::print("thread {} \"{}\"{}\n", stack.tid, stack.name,
               stack.status ? cat(" (", kStatusSentences[stack.status], ")") : "");
    for (const Frame& frame : stack.frames)
      fmt::print("  {}:{} {}{}\n", frame.path, frame.line, display_name(frame),
                 frame.kind == FrameKind::cfunc ? " [c]" : "");
  }
}

void print_json(uint32_t pid, const std::vector<ThreadStack>& stacks) {
  for (const ThreadStack& stack : stacks) {
    nlohmann::ordered_json out = {{"pid", pid}, {"tid", stack.tid}, {"thread", stack.name},
                                  {"status", kStatusNames[stack.status]},
                                  {"frames", nlohmann::ordered_json::array()}};
    for (const Frame& frame : stack.frames) {
      nlohmann::ordered_json entry = {{"kind", frame_kind_name(frame.kind)}, {"method", frame.method}, {"label", frame.label}};
      if (!frame.base_label.empty()) entry["base_label"] = frame.base_label;
      entry["path"] = frame.path;
      entry["line"] = frame.line;
      out["frames"].push_back(std::move(entry));
    }
    fmt::print("{}\n", out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
}

}  // namespace

int snapshot_command(int argc, char** argv) {
  pid_t pid = 0;
  std::string format = "text";
  InspectOptions inspect;
  CLI::App app("Prints every thread's stack of a Ruby process once, without stopping it.", "rbperf snapshot");
  app.footer("examples:\n  rbperf snapshot --pid 1234\n  rbperf snapshot --pid 1234 --format ndjson\n"
             "  watch -n1 rbperf snapshot --pid 1234");
  app.add_option("-p,--pid", pid, "the process")->type_name("PID")->check(check_pid)->required();
  app.add_option("--format", format, "text, or ndjson: an object a thread")->check(CLI::IsMember({"text", "ndjson"}))->capture_default_str();
  app.add_option("--ruby-offsets", inspect.offsets_file, "file of memory offsets that override rbperf's own")->type_name("FILE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "rbperf snapshot: {}; see: rbperf snapshot --help\n", error.what());
    return 2;
  }
  const Result<Target> target = open_target(pid, inspect);
  if (!target) {
    fmt::print(stderr, "rbperf: {}\n", target.error().message);
    return 1;
  }
  const std::vector<ThreadStack> stacks = read_stacks(*target);
  if (format == "ndjson") print_json(target->ruby.kernel_pid(), stacks);
  else print_text(stacks);
  return 0;
}

}  // namespace redbee::profiler
