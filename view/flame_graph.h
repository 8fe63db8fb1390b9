// The flame graph page: one HTML file that holds its data, style and script, asks no network for
// anything and works from file://. It is drawn on a canvas, lazily: a million samples in fifty
// thousand stacks stay quick, because only boxes that are wide enough to be seen are ever made.
//
//   FlameGraph graph{.title = "rbperf.rbperf"};
//   graph.frames = {{.kind = 0, .name = "Foo#bar", .path = "foo.rb", .line = 3}};
//   graph.nodes = {{.caller = 0, .frame = 0}};          // node 1; node 0 is the root
//   graph.counts = {{.event = 0, .thread = 0, .node = 1, .weight = 10}};
//   write_flame_page(graph, [&](std::string_view text) { out += text; });
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace redbee::view {

struct FlameFrame {
  uint8_t kind = 0;  // index into FlameGraph::kinds
  std::string_view name{};
  std::string_view path{};
  int32_t line = 0;
};

struct FlameNode {
  uint32_t caller = 0;  // 0, or the number of an earlier node
  uint32_t frame = 0;
};

struct FlameEvent {
  std::string name;
  std::string unit;          // "samples", "ns", "bytes", "count"
  double ns_per_weight = 0;  // 0: not a time
};

struct FlameThread {
  std::string name;
  uint32_t pid = 0, tid = 0;
};

struct FlameCount {
  uint32_t event = 0, thread = 0, node = 0;
  uint64_t weight = 0;
  uint64_t base = 0;  // of a difference: the weight before
};

struct FlameGraph {
  std::string title{};
  std::vector<std::string> facts{};  // the lines of the information panel
  std::vector<std::string> kinds{};  // "ruby", "cfunc", "native", "kernel", "gc"
  bool is_difference = false;
  std::vector<FlameFrame> frames{};  // the texts live elsewhere
  std::vector<FlameNode> nodes{};    // nodes[i] is node i + 1
  std::vector<FlameEvent> events{};
  std::vector<FlameThread> threads{};
  std::vector<FlameCount> counts{};
};

void write_flame_page(const FlameGraph& graph, const std::function<void(std::string_view)>& write);

}  // namespace redbee::view
