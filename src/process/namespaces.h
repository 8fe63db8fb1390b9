// A process's own view of files and process numbers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "redbee/symbols.h"

namespace redbee {

// Whether paths mean the same to that process and to this one (same mount namespace and root).
bool shares_root(int pid);
// "" when it shares our root or pid is negative, else "/proc/PID/root".
std::string root_of(int pid);
// The number by which the process knows itself; `pid` when it is in our namespace or unknown.
int pid_inside(int pid);

std::optional<Mapping> parse_mapping(std::string_view line);

}  // namespace redbee
