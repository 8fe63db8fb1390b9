#pragma once

#include <string>

#include "redbee/link.h"

namespace redbee {

// An already loaded program on a raw tracepoint; `method` and `target` name the Link.
Result<Link> attach_raw_tracepoint_program(int program_fd, const std::string& tracepoint, std::string method, std::string target);

}  // namespace redbee
