#include "view/histogram.h"

#include <fmt/format.h>

#include <algorithm>

#include "view/text.h"

namespace redbee::view {

namespace {

constexpr const char* kEighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
constexpr const char* kLevels[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string bar_of(uint64_t count, uint64_t most, int width) {
  double share = most ? static_cast<double>(count) / static_cast<double>(most) : 0;
  int eighths = static_cast<int>(share * width * 8);
  if (count > 0) eighths = std::max(eighths, 1);
  std::string bar;
  for (int i = 0; i < eighths / 8; i++) bar += kEighths[8];
  if (eighths % 8) bar += kEighths[eighths % 8];
  return bar;
}

}  // namespace

std::string render_bars(const std::vector<Bar>& bars, const TableOptions& options) {
  int label_width = 0, count_width = 0;
  uint64_t most = 0;
  for (const Bar& bar : bars) {
    label_width = std::max(label_width, display_width(printable(bar.label)));
    count_width = std::max(count_width, display_width(with_thousands(bar.count)));
    most = std::max(most, bar.count);
  }
  int bar_width = std::clamp(options.width - label_width - count_width - 4, 10, 60);
  std::string out;
  for (const Bar& bar : bars) {
    std::string label = printable(bar.label);
    out += std::string(static_cast<size_t>(label_width - display_width(label)), ' ') + label;
    out += fmt::format("  {:>{}}  ", with_thousands(bar.count), count_width);
    out += coloured(bar_of(bar.count, most, bar_width), Colour::cyan, options.has_colour) + "\n";
  }
  return out;
}

std::string sparkline(const std::vector<uint64_t>& values) {
  uint64_t most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  std::string out;
  for (uint64_t value : values) {
    uint64_t level = most ? (value * 8 + most - 1) / most : 0;
    out += kLevels[std::min<uint64_t>(level, 8)];
  }
  return out;
}

}  // namespace redbee::view
