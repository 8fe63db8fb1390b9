// `html`: the flame graph page.
#include <ctime>

#include "profiler/profile/names.h"
#include "profiler/write/flame_data.h"
#include "profiler/write/format.h"
#include "profiler/write/losses.h"
#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string date_text(uint64_t unix_ns) {
  time_t seconds = static_cast<time_t>(unix_ns / 1'000'000'000);
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

std::vector<std::string> facts_of(const Profile& profile) {
  const Header& header = profile.recording->header;
  std::vector<std::string> facts;
  for (const Process& process : header.processes) {
    facts.push_back(
        cat("pid ", process.pid, ": ", process.command, ", Ruby ", process.ruby_version));
  }
  if (header.start_unix_ns) facts.push_back(cat("recorded ", date_text(header.start_unix_ns)));
  if (!header.command_line.empty()) facts.push_back(header.command_line);
  if (!header.kernel.empty()) facts.push_back(cat("kernel ", header.kernel));
  std::string losses = describe_losses(profile);
  facts.push_back(cat(view::with_thousands(profile.samples.size()),
                      profile.samples.size() == 1 ? " sample" : " samples",
                      losses.empty() ? "" : "; ", losses));
  return facts;
}

// The recording's stacks that the counts need, renumbered without gaps.
class UsedStacks {
 public:
  UsedStacks(const Recording& recording, view::FlameGraph& graph)
      : recording_(recording), graph_(graph) {}

  void add(const std::vector<StackCount>& counts) {
    std::vector<bool> used(recording_.stacks.size());
    for (const StackCount& count : counts) used[count.stack] = true;
    for (size_t i = used.size(); i-- > 1;) {
      if (used[i]) used[recording_.stacks[i].caller] = true;
    }
    node_of_.assign(used.size(), 0);
    frame_of_.assign(recording_.frames.size(), UINT32_MAX);
    for (size_t i = 1; i < used.size(); i++) {
      if (!used[i]) continue;
      graph_.nodes.push_back(
          {node_of_[recording_.stacks[i].caller], frame_of(recording_.stacks[i].frame)});
      node_of_[i] = static_cast<uint32_t>(graph_.nodes.size());
    }
  }
  uint32_t node_of(StackId stack) const { return node_of_[stack]; }

 private:
  uint32_t frame_of(FrameId frame) {
    if (frame_of_[frame] != UINT32_MAX) return frame_of_[frame];
    const FrameRow& row = recording_.frames[frame];
    graph_.frames.push_back({static_cast<uint8_t>(row.kind), method_name(recording_, row),
                             recording_.text(row.path), row.line});
    return frame_of_[frame] = static_cast<uint32_t>(graph_.frames.size() - 1);
  }

  const Recording& recording_;
  view::FlameGraph& graph_;
  std::vector<uint32_t> node_of_, frame_of_;
};

}  // namespace

namespace {

// Fills a graph's frames, nodes, events and threads; the counts are added by the caller.
class GraphBuilder {
 public:
  GraphBuilder(const Profile& profile, std::string title)
      : profile_(profile),
        graph_{.title = std::move(title), .facts = facts_of(profile)},
        stacks_(*profile.recording, graph_) {
    for (int i = 0; i < kFrameKinds; i++)
      graph_.kinds.emplace_back(frame_kind_name(static_cast<FrameKind>(i)));
    add_events();
    stacks_.add(profile.counts);
  }

  void add(const StackCount& count, uint32_t thread, uint64_t weight, uint64_t base) {
    graph_.counts.push_back(
        {event_index_[count.event], thread, stacks_.node_of(count.stack), weight, base});
  }

  view::FlameGraph& graph() { return graph_; }

 private:
  void add_events() {
    event_index_.resize(profile_.totals.size());
    for (uint16_t event : profile_.events()) {
      event_index_[event] = static_cast<uint32_t>(graph_.events.size());
      graph_.events.push_back({profile_.event(event).name,
                               std::string(unit_name(profile_.event(event).unit)),
                               ns_per_weight(*profile_.recording, event)});
    }
  }

  const Profile& profile_;
  view::FlameGraph graph_;
  UsedStacks stacks_;
  std::vector<uint32_t> event_index_;
};

}  // namespace

view::FlameGraph flame_graph_of(const Profile& profile, std::string title) {
  GraphBuilder builder(profile, std::move(title));
  std::vector<uint32_t> thread_index(profile.threads.size(), UINT32_MAX);
  for (const StackCount& count : profile.counts) {
    uint32_t& thread = thread_index[count.thread];
    if (thread == UINT32_MAX) {
      thread = static_cast<uint32_t>(builder.graph().threads.size());
      const ProfileThread& info = profile.threads[count.thread];
      builder.graph().threads.push_back({info.name, info.pid, info.tid});
    }
    builder.add(count, thread, count.weight, 0);
  }
  return std::move(builder.graph());
}

view::FlameGraph flame_difference(const Profile& both,
                                  const Profile& before,
                                  const Profile& after,
                                  std::string title) {
  GraphBuilder builder(both, std::move(title));
  builder.graph().is_difference = true;
  // Threads of different runs have nothing but their names in common.
  builder.graph().threads.push_back({"all", 0, 0});
  for (const StackCount& count : before.counts) builder.add(count, 0, 0, count.weight);
  for (const StackCount& count : after.counts) builder.add(count, 0, count.weight, 0);
  return std::move(builder.graph());
}

void write_html(const Report& report, Output& out) {
  view::FlameGraph graph = flame_graph_of(report.profile, file_name(report.options.name));
  view::write_flame_page(graph, [&](std::string_view text) { out.text(text); });
  // The last object, as in every machine format; HTML passes over comments, whose end the JSON
  // text cannot contain unescaped.
  std::string losses = losses_json(report.profile);
  for (size_t at = 0; (at = losses.find("--", at)) != std::string::npos;)
    losses.replace(at, 2, "-\\u002d");
  out.print("<!-- {} -->\n", losses);
}

}  // namespace redbee::profiler
