#include "src/process/debug_file.h"

#include <zlib.h>

#include <cstring>
#include <vector>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee {
namespace {

// What a stripped file says about its debug file.
struct DebugLink {
  std::string name;
  uint32_t checksum = 0;      // CRC-32 of the whole debug file
};

std::optional<DebugLink> read_debug_link(const ElfFile& file) {
  auto section = file.find_section(".gnu_debuglink");
  if (!section) return std::nullopt;
  std::string_view content = section->content;
  DebugLink link{.name = std::string(content.substr(0, content.find('\0')))};
  if (link.name.empty() || content.size() < sizeof link.checksum) return std::nullopt;
  memcpy(&link.checksum, content.data() + content.size() - sizeof link.checksum, sizeof link.checksum);
  return link;
}

std::string directory_of(std::string_view path) { return std::string(path.substr(0, path.rfind('/') + 1)); }

std::string build_id_path(const std::string& root, const std::string& id) {
  return cat(root, "/usr/lib/debug/.build-id/", id.substr(0, 2), "/", id.substr(2), ".debug");
}

// Where distributions put the symbols they strip, the surest first. `inside`: the file's own path, in `root`.
std::vector<std::string> debug_files(const std::string& id, const std::optional<DebugLink>& link, const std::string& root,
                                     std::string_view inside) {
  std::vector<std::string> candidates;
  if (id.size() > 2) {
    candidates.push_back(build_id_path(root, id));
    if (!root.empty()) candidates.push_back(build_id_path("", id));   // a container's, kept on the host
  }
  if (!link) return candidates;
  std::string directory = directory_of(inside);
  candidates.push_back(cat(root, directory, link->name));
  candidates.push_back(cat(root, directory, ".debug/", link->name));
  candidates.push_back(cat(root, "/usr/lib/debug", directory, link->name));
  return candidates;
}

bool has_checksum(const std::string& path, uint32_t checksum) {
  auto bytes = read_file(path);
  if (!bytes) return false;
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes->data()), bytes->size()) == checksum;
}

}  // namespace

std::optional<ElfFile> find_debug_file(const ElfFile& file, const std::string& root, std::string_view inside) {
  std::string id = file.build_id();
  auto link = read_debug_link(file);
  for (const std::string& candidate : debug_files(id, link, root, inside)) {
    auto debug = ElfFile::open(candidate);
    if (!debug) continue;
    std::string debug_id = debug->build_id();
    bool has_ids = !id.empty() && !debug_id.empty();
    if (has_ids ? debug_id == id : link && has_checksum(candidate, link->checksum)) return std::move(*debug);
  }
  return std::nullopt;
}

}  // namespace redbee
