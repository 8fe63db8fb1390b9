// Offsets compared with the live process, and moved to where they fit when they are off by a little.
//
// The table may be wrong for a patch release nobody has seen. But what it describes is full of
// cross-references: a thread knows its execution context and the context its thread; a frame's pc
// points into its own code. A value is believed when these agree, and searched for within 64 bytes
// when they do not.
#pragma once

#include <string>
#include <vector>

#include "profiler/discover/layout.h"
#include "profiler/discover/memory.h"

namespace redbee::profiler {

struct CheckOutcome {
  bool is_usable = true;             // the frames can be walked
  std::string failure;               // the first check that failed
  std::vector<std::string> remarks;  // what was calibrated, what failed
  int frames_checked = 0;
};

// `contexts`: addresses of execution contexts, of threads that run Ruby.
CheckOutcome check_layout(const Memory& memory, const std::vector<uint64_t>& contexts,
                          Layout* layout);

// Where the major collections are counted: minor + major == count. Absent where no place near fits.
void check_gc_counts(const Memory& memory, uint64_t objspace, Layout* layout);

}  // namespace redbee::profiler
