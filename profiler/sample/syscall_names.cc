#include "profiler/sample/syscall_names.h"

#include <algorithm>

namespace redbee::profiler {
namespace {

struct SyscallName {
  std::string_view name;
  int number;
};

constexpr SyscallName kSyscalls[] = {
#include "profiler/syscall_names.inc"
};

}  // namespace

std::optional<int> find_syscall(std::string_view name) {
  for (const SyscallName& entry : kSyscalls)
    if (entry.name == name) return entry.number;
  return std::nullopt;
}

std::vector<std::string> syscall_names() {
  std::vector<std::string> names;
  for (const SyscallName& entry : kSyscalls) names.emplace_back(entry.name);
  std::ranges::sort(names);
  return names;
}

}  // namespace redbee::profiler
