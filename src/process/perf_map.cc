#include "src/process/perf_map.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "src/base/file.h"
#include "src/base/text.h"
#include "src/process/namespaces.h"

namespace redbee {
namespace {

std::optional<uint64_t> take_hex_word(std::string_view& line) {
  if (line.starts_with("0x")) line.remove_prefix(2);
  uint64_t value;
  auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
  if (error != std::errc() || rest == line.data() + line.size() || *rest != ' ') return std::nullopt;
  line.remove_prefix(static_cast<size_t>(rest - line.data()) + 1);
  return value;
}

}  // namespace

void PerfMap::refresh(int pid) {
  std::string path = cat(root_of(pid), "/tmp/perf-", pid_inside(pid), ".map");
  struct stat info;
  if (stat(path.c_str(), &info) < 0 || static_cast<uint64_t>(info.st_size) == file_bytes_) return;
  auto text = read_file(path);
  if (!text) return;
  file_bytes_ = text->size();
  parse(*text);
}

void PerfMap::parse(std::string_view text) {
  entries_.clear();
  for (std::string_view line : split(text, '\n', false)) {
    auto start = take_hex_word(line);
    auto size = start ? take_hex_word(line) : std::nullopt;
    if (size) entries_.push_back({*start, *size, std::string(line)});
  }
  // Code that replaced older code at the same place was written later.
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.start < b.start; });
}

std::optional<Symbol> PerfMap::find(uint64_t address) const {
  auto after = std::upper_bound(entries_.begin(), entries_.end(), address,
                                [](uint64_t a, const Entry& entry) { return a < entry.start; });
  if (after == entries_.begin()) return std::nullopt;
  const Entry& entry = *std::prev(after);
  if (address - entry.start >= entry.size) return std::nullopt;
  return Symbol{entry.name, address - entry.start, "[JIT]"};
}

}  // namespace redbee
