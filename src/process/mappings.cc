// What a process has mapped, and how another process can open those files.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <charconv>

#include "redbee/symbols.h"
#include "src/base/file.h"
#include "src/base/text.h"
#include "src/process/namespaces.h"

namespace redbee {
namespace {

bool take_hex(std::string_view& text, uint64_t& value, char end) {
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || rest == text.data() + text.size() || *rest != end) return false;
  text.remove_prefix(static_cast<size_t>(rest - text.data()) + 1);
  return true;
}

std::string_view take_word(std::string_view& text) {
  size_t end = std::min(text.find(' '), text.size());
  std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  while (text.starts_with(' ')) text.remove_prefix(1);
  return word;
}

// The kernel writes paths from the root of the mount namespace, also of a process that changed its root.
std::string root_directory_of(int pid) {
  char path[4096];
  ssize_t size = readlink(cat("/proc/", pid, "/root").c_str(), path, sizeof path);
  return size > 1 ? std::string(path, static_cast<size_t>(size)) : "";
}

}  // namespace

// "7f00-7f10 r-xp 00001000 08:01 1234   /usr/lib/libc.so.6 (deleted)"
std::optional<Mapping> parse_mapping(std::string_view line) {
  Mapping mapping;
  if (!take_hex(line, mapping.start, '-') || !take_hex(line, mapping.end, ' ')) return std::nullopt;
  std::string_view permissions = take_word(line);
  if (permissions.size() < 4) return std::nullopt;
  mapping.is_executable = permissions[2] == 'x';
  if (!take_hex(line, mapping.file_offset, ' ')) return std::nullopt;
  mapping.device = take_word(line);
  auto inode = parse_u64(take_word(line));
  mapping.inode = inode.value_or(0);
  mapping.path = line;
  return mapping;
}

Result<std::vector<Mapping>> read_mappings(int pid) {
  std::string text = TRY(read_file(cat("/proc/", pid, "/maps")));
  std::string root = shares_root(pid) ? "" : root_directory_of(pid);
  std::vector<Mapping> mappings;
  for (std::string_view line : split(text, '\n', false)) {
    auto mapping = parse_mapping(line);
    if (!mapping) continue;
    if (!root.empty() && mapping->path.starts_with(root + "/")) mapping->path.erase(0, root.size());
    mappings.push_back(std::move(*mapping));
  }
  return mappings;
}

std::string openable_path(int pid, const Mapping& mapping) {
  struct stat info;
  // The plain path where it is that file here too: shortest to read, and it stays valid.
  if (shares_root(pid) && stat(mapping.path.c_str(), &info) == 0 && info.st_ino == mapping.inode) return mapping.path;
  std::string by_range = fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.start, mapping.end);
  UniqueFd fd(open(by_range.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.is_open()) return by_range;
  return root_of(pid) + mapping.path;
}

}  // namespace redbee
