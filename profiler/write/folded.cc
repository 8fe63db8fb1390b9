// `folded`: outermost;…;innermost weight. Kernel frames end in _[k], as flamegraph.pl colours them.
#include "profiler/write/folded.h"

#include <algorithm>
#include <map>

#include "profiler/profile/names.h"
#include "profiler/write/format.h"
#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

std::string folded_name(const Recording& recording, const FrameRow& frame, Detail detail) {
  std::string name = view::printable(method_name(recording, frame));
  if (detail == Detail::line && frame.line > 0)
    name += cat(" ", view::printable(place_of(recording, frame)));
  // The separator cannot be part of a name.
  for (size_t at = 0; (at = name.find(';', at)) != std::string::npos;) name.replace(at, 1, "\\x3b");
  if (frame.kind == FrameKind::kernel) name += "_[k]";
  return name;
}

}  // namespace

std::map<std::string, uint64_t> fold(const Profile& profile, uint16_t event, Detail detail) {
  const Recording& recording = *profile.recording;
  std::vector<std::string> names;
  for (const FrameRow& frame : recording.frames)
    names.push_back(folded_name(recording, frame, detail));
  std::map<std::string, uint64_t> folded;
  std::vector<FrameId> frames;
  for (const StackCount& count : profile.counts) {
    if (count.event != event) continue;
    frames.clear();
    for (StackId s = count.stack; s; s = recording.stacks[s].caller)
      frames.push_back(recording.stacks[s].frame);
    std::string line;
    for (size_t i = frames.size(); i-- > 0;) line += names[frames[i]] + (i ? ";" : "");
    folded[frames.empty() ? "[no stack]" : line] += count.weight;
  }
  return folded;
}

void write_folded(const Report& report, Output& out) {
  for (const auto& [stack, weight] :
       fold(report.profile, report.options.event, report.options.detail)) {
    out.print("{} {}\n", stack, weight);
  }
}

}  // namespace redbee::profiler
