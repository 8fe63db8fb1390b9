#include "view/flame_graph.h"

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <unordered_map>

#include "view/flame_graph.css.h"
#include "view/flame_graph.html.h"
#include "view/flame_model.js.h"
#include "view/flame_view.js.h"
#include "view/text.h"

namespace redbee::view {

namespace {

template <size_t n>
std::string_view part(const unsigned char (&bytes)[n]) {
  return {reinterpret_cast<const char*>(bytes), n};
}

// Collects JSON and hands it on in large pieces.
class DataWriter {
 public:
  explicit DataWriter(const std::function<void(std::string_view)>& write) : write_(write) {}
  ~DataWriter() { write_(text_); }

  void raw(std::string_view text) {
    text_ += text;
    if (text_.size() < kPiece) return;
    write_(text_);
    text_.clear();
  }
  void text(std::string_view value) {
    append_json(text_, value);
    raw("");
  }
  // "key":[value of each item, …]
  template <typename Items, typename Value>
  void column(std::string_view key, const Items& items, Value value) {
    raw(fmt::format("\"{}\":[", key));
    bool is_first = true;
    for (const auto& item : items) {
      fmt::format_to(std::back_inserter(text_), "{}{}", is_first ? "" : ",", value(item));
      raw("");
      is_first = false;
    }
    raw("]");
  }

 private:
  static constexpr size_t kPiece = 64 * 1024;
  const std::function<void(std::string_view)>& write_;
  std::string text_;
};

// Names and paths repeat; each is in the page once.
class TextIndex {
 public:
  uint32_t of(std::string_view text) {
    auto [at, is_new] = ids_.try_emplace(text, static_cast<uint32_t>(texts_.size()));
    if (is_new) texts_.push_back(text);
    return at->second;
  }
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  std::unordered_map<std::string_view, uint32_t> ids_;
  std::vector<std::string_view> texts_;
};

void write_texts(DataWriter& out, std::string_view key, const auto& texts) {
  out.raw(fmt::format("\"{}\":[", key));
  bool is_first = true;
  for (const auto& text : texts) {
    if (!is_first) out.raw(",");
    out.text(text);
    is_first = false;
  }
  out.raw("]");
}

void write_frames(DataWriter& out, const FlameGraph& graph) {
  TextIndex index;
  std::vector<uint32_t> names, paths;
  for (const FlameFrame& frame : graph.frames) {
    names.push_back(index.of(frame.name));
    paths.push_back(index.of(frame.path));
  }
  write_texts(out, "strings", index.texts());
  out.raw(",\n\"frames\":{");
  out.column("kind", graph.frames,
             [](const FlameFrame& frame) { return static_cast<int>(frame.kind); });
  out.raw(",");
  out.column("name", names, [](uint32_t id) { return id; });
  out.raw(",");
  out.column("path", paths, [](uint32_t id) { return id; });
  out.raw(",");
  out.column("line", graph.frames, [](const FlameFrame& frame) { return frame.line; });
  out.raw("},\n");
}

void write_nodes(DataWriter& out, const FlameGraph& graph) {
  out.raw("\"nodes\":{");
  // A caller is most often the node before: distances are short.
  uint32_t number = 0;
  out.column("up", graph.nodes, [&](const FlameNode& node) { return ++number - node.caller; });
  out.raw(",");
  out.column("frame", graph.nodes, [](const FlameNode& node) { return node.frame; });
  out.raw("},\n\"counts\":{");
  out.column("event", graph.counts, [](const FlameCount& count) { return count.event; });
  out.raw(",");
  out.column("thread", graph.counts, [](const FlameCount& count) { return count.thread; });
  out.raw(",");
  out.column("node", graph.counts, [](const FlameCount& count) { return count.node; });
  out.raw(",");
  out.column("weight", graph.counts, [](const FlameCount& count) { return count.weight; });
  if (graph.is_difference) {
    out.raw(",");
    out.column("base", graph.counts, [](const FlameCount& count) { return count.base; });
  }
  out.raw("}");
}

void write_events_and_threads(DataWriter& out, const FlameGraph& graph) {
  out.raw("\"events\":[");
  for (size_t i = 0; i < graph.events.size(); i++) {
    out.raw(i ? ",{\"name\":" : "{\"name\":");
    out.text(graph.events[i].name);
    out.raw(fmt::format(",\"unit\":\"{}\",\"ns\":{}}}", graph.events[i].unit,
                        graph.events[i].ns_per_weight));
  }
  out.raw("],\n\"threads\":[");
  for (size_t i = 0; i < graph.threads.size(); i++) {
    out.raw(i ? ",{\"name\":" : "{\"name\":");
    out.text(graph.threads[i].name);
    out.raw(fmt::format(",\"pid\":{},\"tid\":{}}}", graph.threads[i].pid, graph.threads[i].tid));
  }
  out.raw("],\n");
}

void write_data(const FlameGraph& graph, const std::function<void(std::string_view)>& write) {
  DataWriter out(write);
  out.raw("{\"title\":");
  out.text(graph.title);
  out.raw(fmt::format(",\"difference\":{},\n", graph.is_difference));
  write_texts(out, "facts", graph.facts);
  out.raw(",\n");
  write_texts(out, "kinds", graph.kinds);
  out.raw(",\n");
  write_events_and_threads(out, graph);
  write_frames(out, graph);
  write_nodes(out, graph);
  out.raw("}");
}

}  // namespace

void write_flame_page(const FlameGraph& graph, const std::function<void(std::string_view)>& write) {
  std::string_view page = part(flame_graph_html);
  while (true) {
    size_t begin = page.find("{{");
    write(page.substr(0, begin));
    if (begin == std::string_view::npos) return;
    size_t end = page.find("}}", begin);
    std::string_view slot = page.substr(begin + 2, end - begin - 2);
    if (slot == "title") write(html_escape(graph.title));
    if (slot == "style") write(part(flame_graph_css));
    if (slot == "data") write_data(graph, write);
    if (slot == "model") write(part(flame_model_js));
    if (slot == "view") write(part(flame_view_js));
    page.remove_prefix(end + 2);
  }
}

}  // namespace redbee::view
