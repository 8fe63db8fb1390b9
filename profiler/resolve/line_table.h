// Which source line an instruction belongs to.
#pragma once

#include <cstdint>

#include "profiler/discover/layout.h"
#include "profiler/discover/memory.h"

namespace redbee::profiler {

// 0 when it cannot be told: the pc is outside the code (a JIT left it stale) or the table unreadable.
int32_t find_line(const Memory& memory, const Layout& layout, uint64_t body, uint64_t pc);

}  // namespace redbee::profiler
