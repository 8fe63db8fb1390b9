#pragma once

#include <cstdint>
#include <string>

#include "redbee/link.h"
#include "src/attach/link_state.h"

namespace redbee {

struct UprobePlace {
  std::string path;                  // as the kernel opens it, from this process
  uint64_t file_offset = 0;
  uint64_t semaphore_offset = 0;
  int pid = -1;
  bool is_return = false;
  uint64_t cookie = 0;
};

// One uprobe of a loaded program. `target` stands in the error.
Result<Attachment> attach_at(int program_fd, const UprobePlace& place, const std::string& target);

}  // namespace redbee
