// System calls by name, x86-64.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redbee::profiler {

std::optional<int> find_syscall(std::string_view name);
std::vector<std::string> syscall_names();  // sorted

}  // namespace redbee::profiler
