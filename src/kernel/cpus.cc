#include "src/kernel/cpus.h"

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee {

Result<std::vector<int>> parse_cpu_list(std::string_view text) {
  constexpr uint64_t kMaxCpu = 1 << 16;
  std::vector<int> cpus;
  for (std::string_view part : split(trim(text), ',', false)) {
    size_t dash = part.find('-');
    auto first = parse_u64(part.substr(0, dash));
    auto last = dash == part.npos ? first : parse_u64(part.substr(dash + 1));
    if (!first || !last || *last < *first || *last > kMaxCpu) {
      return fail(Errc::invalid_argument, cat("no list of CPUs: ", text));
    }
    for (uint64_t cpu = *first; cpu <= *last; cpu++) cpus.push_back(static_cast<int>(cpu));
  }
  if (cpus.empty()) return fail(Errc::invalid_argument, "empty list of CPUs");
  return cpus;
}

Result<std::vector<int>> online_cpus() {
  return parse_cpu_list(TRY(read_file("/sys/devices/system/cpu/online")));
}

Result<size_t> possible_cpu_count() {
  // Slots are counted up to the highest possible CPU, also where the list has holes.
  std::vector<int> cpus = TRY(parse_cpu_list(TRY(read_file("/sys/devices/system/cpu/possible"))));
  return static_cast<size_t>(cpus.back()) + 1;
}

}  // namespace redbee
