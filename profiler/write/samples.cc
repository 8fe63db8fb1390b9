// `samples`: the loss-free text of a recording. Its keys and their order are an interface.
#include "profiler/profile/names.h"
#include "profiler/write/format.h"
#include "profiler/write/losses.h"
#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

void append_key(std::string& out, std::string_view key, std::string_view value) {
  out += cat(",\"", key, "\":");
  view::append_json(out, value);
}

// A frame's JSON is made once, and then only copied: stacks share their frames.
std::string frame_json(const Recording& recording, const FrameRow& frame) {
  std::string out = "{\"kind\":";
  view::append_json(out, frame_kind_name(frame.kind));
  append_key(out, "method", method_name(recording, frame));
  append_key(out, "label", recording.text(frame.label));
  if (frame.base_label && frame.base_label != frame.label) {
    append_key(out, "base_label", recording.text(frame.base_label));
  }
  append_key(out, "path", recording.text(frame.path));
  return out + cat(",\"line\":", frame.line, "}");
}

void write_sample(const Recording& recording, const SampleRow& sample, Output& out) {
  const ThreadRow& thread = recording.threads[sample.thread];
  out.print("{{\"time_ns\":{},\"pid\":{},\"tid\":{},\"thread\":", sample.time_ns, thread.pid,
            thread.tid);
  out.json(recording.text(thread.name));
  out.print(",\"cpu\":{},\"event\":", sample.cpu);
  out.json(recording.header.events[sample.event].name);
  out.print(",\"weight\":{},\"status\":", sample.weight);
  out.json(recording.status_name(sample.status));
  if (thread.fiber) out.print(",\"fiber\":{}", thread.fiber);
  if (thread.ractor) out.print(",\"ractor\":{}", thread.ractor);
}

}  // namespace

void write_samples(const Report& report, Output& out) {
  const Recording& recording = report.recording();
  std::vector<std::string> frames;
  for (const FrameRow& frame : recording.frames) frames.push_back(frame_json(recording, frame));
  for (uint32_t i : report.profile.samples) {
    const SampleRow& sample = recording.samples[i];
    write_sample(recording, sample, out);
    out.text(",\"frames\":[");
    for (StackId s = sample.stack; s; s = recording.stacks[s].caller) {
      if (s != sample.stack) out.text(",");
      out.text(frames[recording.stacks[s].frame]);
    }
    out.text("]}\n");
  }
  out.text(losses_json(report.profile) + "\n");
}

}  // namespace redbee::profiler
