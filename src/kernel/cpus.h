// CPU numbers from the kernel's lists ("0-3,5").
#pragma once

#include <string_view>
#include <vector>

#include "redbee/result.h"

namespace redbee {

Result<std::vector<int>> online_cpus();
// Those that may ever be: the number of slots of a per-CPU value.
Result<size_t> possible_cpu_count();
Result<std::vector<int>> parse_cpu_list(std::string_view text);

}  // namespace redbee
