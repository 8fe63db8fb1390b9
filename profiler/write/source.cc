// `source`: the source files with the weight at each line; unseen stretches are left out.
#include <algorithm>
#include <map>

#include "profiler/profile/name_pattern.h"
#include "profiler/profile/names.h"
#include "profiler/write/format.h"
#include "profiler/write/weight.h"
#include "src/base/file.h"
#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

constexpr int32_t kContext = 2;  // lines shown around one with samples

struct LineWeight {
  uint64_t self = 0, total = 0;
};

struct SourceFile {
  std::string path;
  uint64_t self = 0, total = 0;
  std::map<int32_t, LineWeight> lines;
};

bool is_wanted(const std::vector<NamePattern>& patterns, const std::string& name) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                         [&](const auto& p) { return p.matches(name); });
}

// A line's total counts a stack once, however often the line is on it; C functions carry the line
// of their Ruby caller, so their time is that line's.
std::vector<SourceFile> weigh_files(const Report& report) {
  const Recording& recording = report.recording();
  std::vector<NamePattern> patterns;
  for (const std::string& text : report.options.source_methods) {
    auto pattern = NamePattern::parse(text);
    if (pattern) patterns.push_back(std::move(*pattern));
  }
  std::map<StringId, SourceFile> files;
  std::vector<std::pair<StringId, int32_t>> seen;
  for (const StackCount& count : report.profile.counts) {
    if (count.event != report.options.event) continue;
    seen.clear();
    bool is_innermost = true;
    for (StackId s = count.stack; s; s = recording.stacks[s].caller) {
      const FrameRow& frame = recording.frame(s);
      bool has_line =
          (frame.kind == FrameKind::ruby || frame.kind == FrameKind::cfunc) && frame.line > 0;
      if (!has_line) continue;
      if (is_wanted(patterns, method_name(recording, frame)))
        seen.emplace_back(frame.path, frame.line);
      if (is_innermost && !seen.empty()) {
        SourceFile& file = files[frame.path];
        file.self += count.weight;
        file.lines[frame.line].self += count.weight;
      }
      is_innermost = false;
    }
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    for (const auto& [path, line] : seen) files[path].lines[line].total += count.weight;
    for (size_t i = 0; i < seen.size(); i++) {
      if (i == 0 || seen[i].first != seen[i - 1].first) files[seen[i].first].total += count.weight;
    }
  }
  std::vector<SourceFile> sorted;
  for (auto& [path, file] : files) {
    file.path = recording.text(path);
    sorted.push_back(std::move(file));
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const SourceFile& a, const SourceFile& b) {
    return std::tie(a.self, a.total) > std::tie(b.self, b.total);
  });
  return sorted;
}

// The path as recorded, then below each root.
std::vector<std::string> read_source(const std::string& path,
                                     const std::vector<std::string>& roots) {
  std::vector<std::string> places = {path};
  for (const std::string& root : roots) places.push_back(cat(root, "/", path));
  for (const std::string& place : places) {
    Result<std::string> text = read_file(place);
    if (!text) continue;
    std::vector<std::string> lines;
    for (std::string_view line : split(*text, '\n')) lines.emplace_back(line);
    return lines;
  }
  return {};
}

class SourceWriter {
 public:
  SourceWriter(const Report& report, Output& out)
      : report_(report), out_(out), whole_(report.profile.totals[report.options.event].weight) {}

  void write(const SourceFile& file) {
    out_.print("{}  self {}  total {}\n",
               view::printable(file.path.empty() ? "[no file]" : file.path),
               view::percent(file.self, whole_), view::percent(file.total, whole_));
    std::vector<std::string> source = read_source(file.path, report_.options.source_roots);
    if (source.empty()) {
      out_.text("  the file cannot be read here; name its directory with --source-root DIR\n");
    }
    int32_t last = 0;
    for (const auto& [line, weight] : file.lines) {
      int32_t begin = std::max(last + 1, source.empty() ? line : line - kContext);
      if (last && begin > last + 1) out_.text("     …\n");
      for (int32_t i = begin; i < line; i++) write_line(i, {}, source);
      write_line(line, weight, source);
      last = line;
      auto next = file.lines.upper_bound(line);
      int32_t until =
          next == file.lines.end() ? line + kContext : std::min(line + kContext, next->first - 1);
      for (int32_t i = line + 1;
           !source.empty() && i <= until && static_cast<size_t>(i) <= source.size(); i++) {
        write_line(last = i, {}, source);
      }
    }
    out_.text("\n");
  }

 private:
  void write_line(int32_t line, const LineWeight& weight, const std::vector<std::string>& source) {
    bool has_text = static_cast<size_t>(line) <= source.size();
    std::string text =
        has_text ? view::printable(expanded(source[static_cast<size_t>(line - 1)])) : "";
    bool is_hit = weight.total > 0;
    out_.print("{:>7} {:>7} {:>5}{}{}\n", is_hit ? view::percent(weight.self, whole_) : "",
               is_hit ? view::percent(weight.total, whole_) : "", line, text.empty() ? "" : "  ",
               text);
  }

  static std::string expanded(const std::string& text) {
    std::string out;
    for (char c : text) c == '\t' ? out += "  " : out += c;
    return out;
  }

  const Report& report_;
  Output& out_;
  uint64_t whole_;
};

}  // namespace

void write_source(const Report& report, Output& out) {
  std::vector<SourceFile> files = weigh_files(report);
  size_t shown = report.options.rows ? std::min(report.options.rows, files.size()) : files.size();
  out.print("{:>7} {:>7} {:>5}\n", "self%", "total%", "line");
  for (size_t i = 0; i < shown; i++) SourceWriter(report, out).write(files[i]);
  if (shown < files.size())
    out.print("… and {} more files; --rows 0 shows all\n", files.size() - shown);
}

}  // namespace redbee::profiler
