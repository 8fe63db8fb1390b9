#include "view/table.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "view/text.h"

namespace redbee::view {

namespace {

constexpr int kGap = 2;
constexpr int kNarrowest = 12;  // of a flexible column

std::string padded(const std::string& text, int width, Align align, bool is_last) {
  std::string blanks(static_cast<size_t>(std::max(0, width - display_width(text))), ' ');
  if (align == Align::right) return blanks + text;
  return is_last ? text : text + blanks;
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::vector<int> Table::widths(int limit) const {
  std::vector<int> widths;
  for (size_t i = 0; i < columns_.size(); i++) {
    int width = display_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(width);
  }
  int gaps = kGap * static_cast<int>(columns_.size() - 1);
  int excess = std::accumulate(widths.begin(), widths.end(), gaps) - limit;
  // The widest flexible column gives way first, until all are narrow.
  while (excess > 0) {
    int widest = -1;
    for (size_t i = 0; i < columns_.size(); i++) {
      if (!columns_[i].is_flexible || widths[i] <= kNarrowest) continue;
      if (widest < 0 || widths[i] > widths[static_cast<size_t>(widest)])
        widest = static_cast<int>(i);
    }
    if (widest < 0) break;
    widths[static_cast<size_t>(widest)]--;
    excess--;
  }
  return widths;
}

std::string Table::render(const TableOptions& options) const {
  std::vector<int> widths = this->widths(options.width);
  std::string out;
  auto add_line = [&](auto cell_of, bool is_title) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); i++) {
      bool is_last = i + 1 == columns_.size();
      std::string cell =
          padded(shorten(cell_of(i), widths[i]), widths[i], columns_[i].align, is_last);
      line += coloured(cell, is_title ? Colour::dim : columns_[i].colour, options.has_colour);
      if (!is_last) line.append(kGap, ' ');
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
  };
  add_line([&](size_t i) { return columns_[i].title; }, true);
  for (const auto& row : rows_) add_line([&](size_t i) { return row[i]; }, false);
  return out;
}

}  // namespace redbee::view
