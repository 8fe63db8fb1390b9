// The mappings of a process, as /proc/PID/maps lists them, and how their files are opened.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "redbee/result.h"
#include "src/base/unique_fd.h"

namespace redbee::profiler {

struct Mapping {
  uint64_t start = 0, end = 0;
  uint64_t offset = 0;  // in the file
  uint64_t inode = 0;   // 0: no file
  std::string device;   // "fd:00"
  std::string flags;    // "r-xp"
  std::string path;     // as the process sees it; for reports, not for opening

  bool is_executable() const { return flags.size() > 2 && flags[2] == 'x'; }
  bool is_writable() const { return flags.size() > 1 && flags[1] == 'w'; }
};

Result<std::vector<Mapping>> read_mappings(pid_t pid);
std::vector<Mapping> parse_mappings(std::string_view maps);

// /proc/PID/map_files leads to the file itself, also in another root or mount namespace and after
// it was deleted; it needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE, so /proc/PID/root is next.
Result<UniqueFd> open_mapped_file(pid_t pid, const Mapping& mapping, std::string* opened_as);

}  // namespace redbee::profiler
