// A weight as people read it: 12.34 ms, 1.5 MiB, 1,234.
#pragma once

#include <string>

#include "profiler/recording/recording.h"
#include "view/text.h"

namespace redbee::profiler {

inline std::string weight_text(uint64_t weight, Unit unit) {
  if (unit == Unit::nanoseconds) return view::human_ns(weight);
  if (unit == Unit::bytes) return view::human_bytes(weight);
  return view::with_thousands(weight);
}

}  // namespace redbee::profiler
