// Bars for a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "view/table.h"

namespace redbee::view {

struct Bar {
  std::string label;
  uint64_t count = 0;
};

// One line a bar: label, count, bar; the longest bar fills the width.
std::string render_bars(const std::vector<Bar>& bars, const TableOptions& options = {});

// One line of eighth blocks, one a value: ▁▂▅█. The largest value is the full block.
std::string sparkline(const std::vector<uint64_t>& values);

}  // namespace redbee::view
