#include "src/process/namespaces.h"

#include <sys/stat.h>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee {
namespace {

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat x, y;
  return stat(a.c_str(), &x) == 0 && stat(b.c_str(), &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

}  // namespace

bool shares_root(int pid) {
  if (pid < 0) return true;
  return is_same_file(cat("/proc/", pid, "/ns/mnt"), "/proc/self/ns/mnt") && is_same_file(cat("/proc/", pid, "/root/"), "/");
}

std::string root_of(int pid) { return shares_root(pid) ? "" : cat("/proc/", pid, "/root"); }

int pid_inside(int pid) {
  auto status = read_file(cat("/proc/", pid, "/status"));
  if (!status) return pid;
  for (std::string_view line : split(*status, '\n')) {
    constexpr std::string_view kKey = "NSpid:";
    if (!line.starts_with(kKey)) continue;
    size_t last = line.find_last_of("\t ");
    auto number = parse_u64(trim(line.substr(last)));
    return number ? static_cast<int>(*number) : pid;
  }
  return pid;
}

}  // namespace redbee
