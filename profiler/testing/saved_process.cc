#include "profiler/testing/saved_process.h"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

std::string unhex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  return bytes;
}

}  // namespace

bool SavedMemory::read(uint64_t address, void* to, size_t size) const {
  char* out = static_cast<char*>(to);
  while (size > 0) {
    auto after = ranges_.upper_bound(address);
    if (after == ranges_.begin()) return false;
    const auto& [start, bytes] = *std::prev(after);
    if (address >= start + bytes.size()) return false;
    const size_t here = std::min<size_t>(size, start + bytes.size() - address);
    std::memcpy(out, bytes.data() + (address - start), here);
    out += here;
    address += here;
    size -= here;
  }
  return true;
}

void SavedMemory::add(uint64_t address, std::string bytes) {
  // Only the parts that are not there yet, so that ranges never overlap.
  for (size_t i = 0; i < bytes.size();) {
    char known;
    if (read(address + i, &known, 1)) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < bytes.size() && !read(address + end, &known, 1)) ++end;
    ranges_[address + i] = bytes.substr(i, end - i);
    i = end;
  }
}

void SavedMemory::change(uint64_t address, uint64_t word) {
  for (size_t i = 0; i < sizeof word; ++i) {
    auto after = ranges_.upper_bound(address + i);
    if (after == ranges_.begin()) continue;
    auto& [start, bytes] = *std::prev(after);
    if (address + i < start + bytes.size())
      bytes[address + i - start] = static_cast<char>(word >> 8 * i);
  }
}

bool RecordingMemory::read(uint64_t address, void* to, size_t size) const {
  if (!memory_.read(address, to, size)) return false;
  saved_.add(address, std::string(static_cast<const char*>(to), size));
  return true;
}

Layout SavedProcess::layout() const {
  Layout layout = *Layout::of_version(version);
  for (const auto& [label, value] : offsets)
    if (const auto field = find_field(label)) layout.set(*field, value, FactSource::given);
  return layout;
}

std::string SavedProcess::text() const {
  std::ostringstream out;
  out << "version " << version.text() << "\nprocess " << hex(&facts, sizeof facts) << "\nroots "
      << global_symbols << " " << thread_pointer << " " << ec << "\n";
  for (const auto& [label, value] : offsets) out << "offset " << label << " " << value << "\n";
  for (const ExpectedFrame& frame : expected)
    out << "frame\t" << frame.base_label << "\t" << frame.path << "\t" << frame.line << "\n";
  for (const auto& [address, bytes] : memory.ranges())
    out << "memory " << address << " " << hex(bytes.data(), bytes.size()) << "\n";
  return out.str();
}

Result<SavedProcess> SavedProcess::load(const std::string& path) {
  SavedProcess saved;
  const std::string text = TRY(read_file(path));
  for (std::string_view line : split(text, '\n', false)) {
    const auto cells = split(line, line.starts_with("frame\t") ? '\t' : ' ');
    if (cells[0] == "version") saved.version = RubyVersion::parse(cells[1]).value();
    if (cells[0] == "offset") saved.offsets.emplace_back(cells[1], *parse_u64(cells[2]));
    if (cells[0] == "memory") saved.memory.add(*parse_u64(cells[1]), unhex(cells[2]));
    if (cells[0] == "frame")
      saved.expected.push_back(
          {std::string(cells[1]), std::string(cells[2]), static_cast<int>(*parse_u64(cells[3]))});
    if (cells[0] == "process") {
      const std::string bytes = unhex(cells[1]);
      if (bytes.size() != sizeof saved.facts)
        return fail(Errc::invalid_argument,
                    cat(path, " is of another version of struct rb_process: save it again"));
      std::memcpy(&saved.facts, bytes.data(), sizeof saved.facts);
    }
    if (cells[0] == "roots") {
      saved.global_symbols = *parse_u64(cells[1]);
      saved.thread_pointer = *parse_u64(cells[2]);
      saved.ec = *parse_u64(cells[3]);
    }
  }
  return saved;
}

}  // namespace redbee::profiler
