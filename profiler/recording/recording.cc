#include "profiler/recording/recording.h"

#include <array>

namespace redbee::profiler {

std::string_view frame_kind_name(FrameKind kind) {
  constexpr std::array<std::string_view, kFrameKinds> kNames = {"ruby", "cfunc", "native", "kernel",
                                                                "gc"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view unit_name(Unit unit) {
  constexpr std::array<std::string_view, 4> kNames = {"samples", "ns", "bytes", "count"};
  return kNames[static_cast<size_t>(unit)];
}

}  // namespace redbee::profiler
