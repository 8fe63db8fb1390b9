// A table for a terminal: columns as wide as they need, numbers to the right, one flexible column
// that gives way when the terminal is narrow.
//
//   Table table({{"self", Align::right}, {"method", Align::left, .is_flexible = true}});
//   table.add({"12.3%", "Foo#bar"});
//   std::string text = table.render({.width = 80});
#pragma once

#include <string>
#include <vector>

#include "view/terminal.h"

namespace redbee::view {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
  bool is_flexible = false;
  Colour colour = Colour::none;
};

struct TableOptions {
  int width = 100;
  bool has_colour = false;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // One cell a column, made printable here.
  void add(std::vector<std::string> cells);
  std::string render(const TableOptions& options = {}) const;
  bool is_empty() const { return rows_.empty(); }

 private:
  std::vector<int> widths(int limit) const;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace redbee::view
