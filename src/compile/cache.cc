#include "src/compile/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <vector>

#include "src/base/file.h"
#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/compile/sha256.h"

namespace redbee {
namespace {

// An entry is this line, the SHA-256 of the rest in hex, a newline, the rest.
constexpr std::string_view kMagic = "redbee image 1\n";
constexpr std::string_view kSuffix = ".image";
constexpr size_t kHeaderBytes = kMagic.size() + 64 + 1;
constexpr time_t kStaleTemporary_s = 3600;

std::string digest_of(std::string_view bytes) {
  Sha256 hash;
  hash.add_raw(bytes);
  return hash.hex_digest();
}

std::string sealed(std::string_view bytes) { return cat(kMagic, digest_of(bytes), "\n", bytes); }

std::optional<std::string> unsealed(std::string content) {
  if (content.size() < kHeaderBytes || !content.starts_with(kMagic)) return std::nullopt;
  std::string_view bytes = std::string_view(content).substr(kHeaderBytes);
  if (std::string_view(content).substr(kMagic.size(), 64) != digest_of(bytes)) return std::nullopt;
  return content.erase(0, kHeaderBytes);
}

Status make_directories(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    ::mkdir(path.substr(0, slash).c_str(), 0700);   // the last mkdir says what matters
  }
  if (::mkdir(path.c_str(), 0700) < 0 && errno != EEXIST) return file_error(cat("make directory ", path));
  return {};
}

Status check_owner(const struct stat& info, const std::string& path) {
  if (info.st_uid != geteuid()) {
    return fail(Errc::not_permitted, cat("cache ", path, " belongs to user ", info.st_uid, ", not to ", geteuid()));
  }
  if (info.st_mode & 022) {
    return fail(Errc::not_permitted, cat("cache ", path, " can be written by others: chmod 700 it, or set REDBEE_CACHE"));
  }
  return {};
}

struct Entry {
  std::string name;
  uint64_t bytes;
  timespec used;
};

std::vector<Entry> list_entries(int directory) {
  std::vector<Entry> entries;
  int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* dir = copy < 0 ? nullptr : fdopendir(copy);
  if (!dir) {
    if (copy >= 0) close(copy);
    return entries;
  }
  while (dirent* item = readdir(dir)) {
    std::string_view name = item->d_name;
    struct stat info;
    bool ours = name.find(kSuffix) != name.npos;
    if (!ours || fstatat(directory, item->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0) continue;
    entries.push_back({item->d_name, static_cast<uint64_t>(info.st_size), info.st_mtim});
  }
  closedir(dir);
  return entries;
}

}  // namespace

Result<Cache> Cache::open(const std::string& path, uint64_t limit_bytes) {
  TRY(make_directories(path));
  UniqueFd directory = TRY(open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  struct stat info;
  if (fstat(directory.get(), &info) < 0) return os_error(cat("stat ", path));
  TRY(check_owner(info, path));
  if (info.st_mode & 055) fchmod(directory.get(), 0700);
  return Cache(std::move(directory), path, limit_bytes);
}

std::optional<std::string> Cache::find(const std::string& key) const {
  UniqueFd file(openat(directory_.get(), (key + std::string(kSuffix)).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info;
  if (!file.is_open() || fstat(file.get(), &info) < 0) return std::nullopt;
  if (!S_ISREG(info.st_mode) || !check_owner(info, key)) return std::nullopt;
  std::string content(static_cast<size_t>(info.st_size), '\0');
  size_t used = 0;
  while (used < content.size()) {
    ssize_t n = read(file.get(), content.data() + used, content.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    used += static_cast<size_t>(n);
  }
  futimens(file.get(), nullptr);   // used now: it will be evicted last
  return unsealed(std::move(content));
}

Status Cache::write_entry(const std::string& name, std::string_view content) const {
  static std::atomic<unsigned> counter;
  std::string temporary = cat(name, ".", getpid(), ".", counter++, ".tmp");
  int fd = openat(directory_.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return file_error(cat("create ", path_, "/", temporary));
  UniqueFd file(fd);
  Status written = write_all(file.get(), content);
  if (written && renameat(directory_.get(), temporary.c_str(), directory_.get(), name.c_str()) < 0) {
    written = os_error(cat("rename to ", path_, "/", name));
  }
  if (!written) unlinkat(directory_.get(), temporary.c_str(), 0);
  return written;
}

Status Cache::store(const std::string& key, std::string_view bytes) const {
  TRY(write_entry(key + std::string(kSuffix), sealed(bytes)));
  evict();
  return {};
}

void Cache::evict() const {
  std::vector<Entry> entries = list_entries(directory_.get());
  uint64_t total = 0;
  for (const Entry& entry : entries) total += entry.bytes;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.used.tv_sec, a.used.tv_nsec) < std::pair(b.used.tv_sec, b.used.tv_nsec);
  });
  for (const Entry& entry : entries) {
    bool is_left_over = entry.name.ends_with(".tmp") && entry.used.tv_sec < time(nullptr) - kStaleTemporary_s;
    if (total <= limit_bytes_ && !is_left_over) continue;
    unlinkat(directory_.get(), entry.name.c_str(), 0);
    total -= entry.bytes;
  }
}

std::string cache_directory(const std::string& option) {
  const char* variable = getenv("REDBEE_CACHE");
  std::string chosen = !option.empty() ? option : variable ? variable : "";
  if (chosen == "off") return "";
  if (!chosen.empty()) return chosen;
  if (geteuid() == 0) return "/var/cache/redbee";
  const char* xdg = getenv("XDG_CACHE_HOME");
  if (xdg && *xdg == '/') return cat(xdg, "/redbee");
  const char* home = getenv("HOME");
  return home && *home == '/' ? cat(home, "/.cache/redbee") : "";
}

}  // namespace redbee
