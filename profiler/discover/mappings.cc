#include "profiler/discover/mappings.h"

#include <fcntl.h>

#include <cstdio>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {

std::vector<Mapping> parse_mappings(std::string_view maps) {
  std::vector<Mapping> mappings;
  for (std::string_view line : split(maps, '\n', false)) {
    Mapping mapping;
    const std::string text(line);
    unsigned long start = 0, end = 0, offset = 0, inode = 0;
    char flags[8] = "", device[32] = "";
    int path_at = 0;
    if (sscanf(text.c_str(), "%lx-%lx %7s %lx %31s %lu %n", &start, &end, flags, &offset, device,
               &inode, &path_at) < 6)
      continue;
    mapping.start = start;
    mapping.end = end;
    mapping.offset = offset;
    mapping.inode = inode;
    mapping.flags = flags;
    mapping.device = device;
    mapping.path = path_at ? text.substr(path_at) : "";
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

Result<std::vector<Mapping>> read_mappings(pid_t pid) {
  return parse_mappings(TRY(read_file(cat("/proc/", pid, "/maps"))));
}

Result<UniqueFd> open_mapped_file(pid_t pid, const Mapping& mapping, std::string* opened_as) {
  *opened_as = fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.start, mapping.end);
  Result<UniqueFd> file = open_file(*opened_as, O_RDONLY | O_CLOEXEC);
  if (file) return file;
  *opened_as = cat("/proc/", pid, "/root", mapping.path);
  return open_file(*opened_as, O_RDONLY | O_CLOEXEC);
}

}  // namespace redbee::profiler
