// `speedscope`: one sampled profile an event and thread, in order of time.
#include "profiler/profile/call_tree.h"
#include "profiler/profile/names.h"
#include "profiler/write/format.h"
#include "profiler/write/losses.h"
#include "redbee/version.h"
#include "src/base/text.h"

namespace redbee::profiler {

namespace {

constexpr std::string_view kSchema = "https://www.speedscope.app/file-format-schema.json";

class SpeedscopeWriter {
 public:
  SpeedscopeWriter(const Report& report, Output& out)
      : report_(report),
        recording_(report.recording()),
        profile_(report.profile),
        out_(out),
        groups_(recording_, report.options.detail) {}

  void write() {
    out_.print("{{\"$schema\":\"{}\",\"exporter\":\"rbperf {}\",\"name\":", kSchema,
               REDBEE_VERSION);
    out_.json(report_.options.name);
    out_.text(",\"activeProfileIndex\":0,\n\"shared\":{\"frames\":[");
    write_frames();
    out_.text("]},\n\"profiles\":[");
    for (uint16_t event : profile_.events()) write_event(event);
    out_.print("],\n\"redbee\":{}}}\n", losses_object(profile_));
  }

 private:
  void write_frames() {
    bool has_line = report_.options.detail == Detail::line;
    for (uint32_t i = 0; i < groups_.size(); i++) {
      const FrameRow& frame = groups_.frame(i);
      out_.text(i ? ",\n{\"name\":" : "\n{\"name\":");
      out_.json(method_name(recording_, frame));
      bool has_file = frame.path && (has_line || frame.kind != FrameKind::cfunc);
      if (has_file) {
        out_.text(",\"file\":");
        out_.json(recording_.text(frame.path));
      }
      if (has_file && has_line && frame.line > 0) out_.print(",\"line\":{}", frame.line);
      out_.text("}");
    }
  }

  void write_event(uint16_t event) {
    for (const ThreadSummaryRow& row : summarize_threads(profile_, event))
      write_profile(event, row.thread);
  }

  void write_profile(uint16_t event, uint32_t thread) {
    std::vector<StackId> stacks;
    std::vector<uint64_t> weights;
    collect(event, thread, stacks, weights);
    double ns = ns_per_weight(recording_, event);
    double factor = ns > 0 ? ns / 1e9 : 1;
    Unit unit = profile_.event(event).unit;
    double end = 0;
    for (uint64_t weight : weights) end += static_cast<double>(weight) * factor;
    const ProfileThread& info = profile_.threads[thread];
    out_.text(is_first_ ? "\n{" : ",\n{");
    is_first_ = false;
    out_.text("\"type\":\"sampled\",\"name\":");
    out_.json(cat(profile_.event(event).name, ": ", info.name.empty() ? "thread" : info.name, " (",
                  info.tid, ")"));
    out_.print(",\"unit\":\"{}\",\"startValue\":0,\"endValue\":{:.9g},\n\"samples\":[",
               ns > 0                ? "seconds"
               : unit == Unit::bytes ? "bytes"
                                     : "none",
               end);
    for (size_t i = 0; i < stacks.size(); i++) write_stack(stacks[i], i == 0);
    out_.text("],\n\"weights\":[");
    for (size_t i = 0; i < weights.size(); i++) {
      out_.print("{}{:.9g}", i ? "," : "", static_cast<double>(weights[i]) * factor);
    }
    out_.text("]}");
  }

  // Equal stacks that follow each other become one.
  void collect(uint16_t event,
               uint32_t thread,
               std::vector<StackId>& stacks,
               std::vector<uint64_t>& weights) const {
    for (uint32_t i : profile_.samples) {
      const SampleRow& sample = recording_.samples[i];
      if (sample.event != event || profile_.thread_of_row[sample.thread] != thread) continue;
      if (!stacks.empty() && stacks.back() == sample.stack) {
        weights.back() += sample.weight;
        continue;
      }
      stacks.push_back(sample.stack);
      weights.push_back(sample.weight);
    }
  }

  void write_stack(StackId stack, bool is_first) {
    frames_.clear();
    for (StackId s = stack; s; s = recording_.stacks[s].caller)
      frames_.push_back(groups_.group_of_stack(s));
    out_.text(is_first ? "[" : ",[");
    for (size_t i = frames_.size(); i-- > 0;) out_.print("{}{}", frames_[i], i ? "," : "");
    out_.text("]");
  }

  const Report& report_;
  const Recording& recording_;
  const Profile& profile_;
  Output& out_;
  FrameGroups groups_;
  bool is_first_ = true;
  std::vector<uint32_t> frames_;
};

}  // namespace

void write_speedscope(const Report& report, Output& out) {
  SpeedscopeWriter(report, out).write();
}

}  // namespace redbee::profiler
