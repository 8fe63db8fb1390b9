// `tree`: the call tree as text, heaviest branches first, small ones summed up.
#include "profiler/profile/call_tree.h"
#include "profiler/profile/names.h"
#include "profiler/write/format.h"
#include "profiler/write/weight.h"
#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

class TreeWriter {
 public:
  TreeWriter(const Report& report, Output& out)
      : report_(report),
        out_(out),
        groups_(report.recording(), report.options.detail),
        tree_(build_call_tree(report.profile, groups_, report.options.event)),
        children_(tree_.sorted_children()),
        whole_(report.profile.totals[report.options.event].weight) {}

  void write() {
    out_.print("{:>6}  {:>6}  {}\n", "total%", "self%", "call tree");
    // Stacks may be thousands of frames deep: no recursion.
    std::vector<Pending> pending;
    push_children(0, 0, pending);
    while (!pending.empty()) {
      Pending next = pending.back();
      pending.pop_back();
      write_line(next);
      if (next.node) push_children(next.node, next.depth + 1, pending);
    }
  }

 private:
  struct Pending {
    uint32_t node;  // 0: what was summed up
    uint32_t depth;
    uint64_t weight, count;
  };

  bool is_shown(uint32_t node) const {
    return 100.0 * static_cast<double>(tree_.nodes[node].total) >=
           report_.options.min_percent * static_cast<double>(whole_);
  }

  void push_children(uint32_t node, uint32_t depth, std::vector<Pending>& pending) const {
    Pending rest{0, depth, 0, 0};
    size_t shown = 0;
    for (uint32_t child : children_[node]) {
      if (is_shown(child)) {
        shown++;
      } else {
        rest.weight += tree_.nodes[child].total;
        rest.count++;
      }
    }
    if (rest.weight) pending.push_back(rest);
    for (size_t i = shown; i-- > 0;) pending.push_back({children_[node][i], depth, 0, 0});
  }

  void write_line(const Pending& line) {
    // Beyond this the depth is a number: no terminal is so wide.
    constexpr uint32_t kMaxIndent = 60;
    std::string indent(2 * std::min(line.depth, kMaxIndent), ' ');
    if (line.depth > kMaxIndent) indent += cat("[", line.depth, "] ");
    if (!line.node) {
      out_.print("{:>6}  {:>6}  {}… {} smaller\n", view::percent(line.weight, whole_), "", indent,
                 line.count);
      return;
    }
    const CallNode& node = tree_.nodes[line.node];
    const FrameRow& frame = groups_.frame(node.group);
    std::string place = report_.options.detail == Detail::line
                            ? place_of(report_.recording(), frame)
                        : frame.kind == FrameKind::cfunc ? std::string()
                                                         : report_.recording().text(frame.path);
    out_.print("{:>6}  {:>6}  {}{}", view::percent(node.total, whole_),
               view::percent(node.self, whole_), indent,
               view::printable(method_name(report_.recording(), frame)));
    if (frame.kind != FrameKind::ruby) out_.print(" [{}]", frame_kind_name(frame.kind));
    out_.print("{}{}\n", place.empty() ? "" : "  ", view::printable(place));
  }

  const Report& report_;
  Output& out_;
  FrameGroups groups_;
  CallTree tree_;
  std::vector<std::vector<uint32_t>> children_;
  uint64_t whole_;
};

}  // namespace

void write_tree(const Report& report, Output& out) {
  TreeWriter(report, out).write();
}

}  // namespace redbee::profiler
