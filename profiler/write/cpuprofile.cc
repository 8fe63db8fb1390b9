// `cpuprofile`: V8's Profiler.Profile, which knows one thread: the samples of all threads are one
// sequence in order of time; choose one with --thread.
#include "profiler/profile/call_tree.h"
#include "profiler/profile/names.h"
#include "profiler/write/format.h"
#include "profiler/write/losses.h"
#include "src/base/text.h"

namespace redbee::profiler {

namespace {

void write_node(const Report& report,
                const FrameGroups& groups,
                const CallTree& tree,
                uint32_t index,
                const std::vector<uint32_t>& children,
                Output& out) {
  const Recording& recording = report.recording();
  const CallNode& node = tree.nodes[index];
  const FrameRow* frame = index ? &groups.frame(node.group) : nullptr;
  out.print("{}{{\"id\":{},\"callFrame\":{{\"functionName\":", index ? ",\n" : "\n", index + 1);
  out.json(frame ? method_name(recording, *frame) : "(root)");
  out.text(",\"scriptId\":\"0\",\"url\":");
  out.json(frame ? recording.text(frame->path) : "");
  // V8 counts lines from 0.
  out.print(",\"lineNumber\":{},\"columnNumber\":-1}},\"hitCount\":{},\"children\":[",
            frame ? std::max(frame->line, 0) - 1 : -1, node.self);
  for (size_t i = 0; i < children.size(); i++) out.print("{}{}", i ? "," : "", children[i] + 1);
  out.text("]}");
}

}  // namespace

void write_cpuprofile(const Report& report, Output& out) {
  const Recording& recording = report.recording();
  const Profile& profile = report.profile;
  FrameGroups groups(recording, report.options.detail);
  CallTree tree = build_call_tree(profile, groups, report.options.event);
  auto children = tree.sorted_children();
  out.text("{\"nodes\":[");
  for (uint32_t i = 0; i < tree.nodes.size(); i++)
    write_node(report, groups, tree, i, children[i], out);
  out.print("],\n\"startTime\":{},\"endTime\":{},\n\"samples\":[", profile.first_ns / 1000,
            profile.last_ns / 1000);
  std::string deltas;
  uint64_t last_us = profile.first_ns / 1000;
  for (uint32_t i : profile.samples) {
    const SampleRow& sample = recording.samples[i];
    if (sample.event != report.options.event) continue;
    out.print("{}{}", deltas.empty() ? "" : ",", tree.node_of_stack[sample.stack] + 1);
    deltas += cat(deltas.empty() ? "" : ",", sample.time_ns / 1000 - last_us);
    last_us = sample.time_ns / 1000;
  }
  out.print("],\n\"timeDeltas\":[{}],\n\"redbee\":{}}}\n", deltas, losses_object(profile));
}

}  // namespace redbee::profiler
