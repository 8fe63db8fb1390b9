// The `format` file of a tracepoint, parsed: what TRACEPOINT_PROBE's `args` is made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"

namespace redbee::cc {

struct FormatField {
  std::string type;  // as written, without the array suffix: "const char *", "unsigned long"
  std::string name;  // "data_loc_" in front for a dynamic field
  uint32_t offset = 0;
  uint32_t size = 0;
  bool is_signed = false;
  bool is_array = false;
  bool operator==(const FormatField&) const = default;
};

// The event's own fields: those common to all events are left out.
Result<std::vector<FormatField>> parse_format(std::string_view text);

}  // namespace redbee::cc
