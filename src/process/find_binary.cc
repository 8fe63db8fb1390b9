// From what a user types ("c", "ruby", "/usr/bin/ruby") to a file.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "redbee/symbols.h"
#include "src/base/file.h"
#include "src/base/text.h"
#include "src/process/namespaces.h"

namespace redbee {
namespace {

bool is_file(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// "libc.so.6" and "libc-2.31.so" answer to "c"; "ruby3.1" answers to itself only.
bool answers_to(std::string_view file, const std::string& name) {
  if (file == name) return true;
  std::string stem = "lib" + name;
  if (!file.starts_with(stem)) return false;
  std::string_view rest = file.substr(stem.size());
  bool has_version = rest.size() > 1 && rest[0] == '-' && isdigit(static_cast<unsigned char>(rest[1]));
  return rest.starts_with(".so") || (has_version && rest.find(".so") != rest.npos);
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::optional<Mapping> find_mapped(const std::string& name, int pid) {
  auto mappings = read_mappings(pid);
  if (!mappings) return std::nullopt;
  for (Mapping& mapping : *mappings) {
    if (!mapping.is_executable || !mapping.path.starts_with('/')) continue;
    constexpr std::string_view kDeleted = " (deleted)";
    std::string_view path = mapping.path;
    if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
    bool matches = name.find('/') != name.npos ? path == name : answers_to(last_part(path), name);
    if (matches) return std::move(mapping);
  }
  return std::nullopt;
}

// -- the dynamic loader's cache: /etc/ld.so.cache in the format of glibc 2.2 and later ----------------

struct CacheHeader {
  char magic[20];          // "glibc-ld.so.cache1.1"
  uint32_t libraries;
  uint32_t string_bytes;
  uint32_t unused[5];
};
struct CacheEntry {
  int32_t flags;
  uint32_t key, value;     // offsets of name and path from the header
  uint32_t os_version;
  uint64_t hardware;
};
constexpr int32_t kArchitectureMask = 0xff00, kX86_64 = 0x0300;

std::string_view text_at(std::string_view cache, uint32_t offset) {
  if (offset >= cache.size()) return {};
  std::string_view rest = cache.substr(offset);
  return rest.substr(0, rest.find('\0'));
}

std::optional<std::string> find_in_loader_cache(const std::string& name, const std::string& root) {
  auto file = read_file(root + "/etc/ld.so.cache");
  if (!file) return std::nullopt;
  std::string_view cache = *file;
  size_t start = cache.find("glibc-ld.so.cache1.1");   // an older format may stand before it
  if (start == cache.npos) return std::nullopt;
  cache.remove_prefix(start);
  CacheHeader header;
  if (cache.size() < sizeof header) return std::nullopt;
  memcpy(&header, cache.data(), sizeof header);
  for (uint32_t i = 0; i < header.libraries; i++) {
    size_t offset = sizeof header + i * sizeof(CacheEntry);
    CacheEntry entry;
    if (offset + sizeof entry > cache.size()) break;
    memcpy(&entry, cache.data() + offset, sizeof entry);
    if ((entry.flags & kArchitectureMask) != kX86_64 || !answers_to(text_at(cache, entry.key), name)) continue;
    std::string path(text_at(cache, entry.value));
    if (is_file(root + path)) return path;
  }
  return std::nullopt;
}

// Where the loader looks without a cache (musl, containers made by hand).
std::optional<std::string> find_in_library_directories(const std::string& name, const std::string& root) {
  for (const char* directory : {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib",
                                "/usr/lib", "/usr/local/lib"}) {
    for (const char* suffix : {".so", ".so.6", ".so.1", ".so.2", ".musl-x86_64.so.1"}) {
      std::string path = cat(directory, "/lib", name, suffix);
      if (is_file(root + path)) return path;
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_in_path(const std::string& name, const std::string& root) {
  const char* variable = getenv("PATH");
  for (std::string_view directory : split(variable ? variable : "/usr/local/bin:/usr/bin:/bin", ':', false)) {
    std::string path = cat(directory, "/", name);
    if (is_file(root + path) && access((root + path).c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

tl::unexpected<Error> no_such_binary(const std::string& name, int pid) {
  std::string where = pid < 0 ? "" : cat(" as process ", pid, " sees it");
  if (name.find('/') != name.npos) return fail(Errc::not_found, cat("no file ", name, where));
  return fail(Errc::not_found, cat("no library lib", name, ".so and no command ", name, where));
}

struct Found {
  std::string path;       // as the process sees it
  std::string openable;
};

Result<Found> find(const std::string& name, int pid) {
  if (pid >= 0 && access(cat("/proc/", pid).c_str(), F_OK) < 0) return fail(Errc::not_found, cat("no process ", pid));
  if (pid >= 0) {
    if (auto mapping = find_mapped(name, pid)) return Found{mapping->path, openable_path(pid, *mapping)};
  }
  std::string root = root_of(pid);
  std::optional<std::string> path;
  if (name.find('/') != name.npos) {
    if (is_file(root + name)) path = name;
  } else {
    path = find_in_loader_cache(name, root);
    if (!path) path = find_in_library_directories(name, root);
    if (!path) path = find_in_path(name, root);
  }
  if (!path) return no_such_binary(name, pid);
  return Found{*path, root + *path};
}

}  // namespace

Result<std::string> find_binary(const std::string& name, int pid) { return TRY(find(name, pid)).path; }
Result<std::string> find_openable_binary(const std::string& name, int pid) { return TRY(find(name, pid)).openable; }

}  // namespace redbee
