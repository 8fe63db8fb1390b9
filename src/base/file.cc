#include "src/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee {

Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode) {
  int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return os_error(cat("open ", path));
  return UniqueFd(fd);
}

Result<std::string> read_file(const std::string& path) {
  UniqueFd fd = TRY(open_file(path, O_RDONLY));
  struct stat info;
  if (fstat(fd.get(), &info) < 0) return os_error(cat("stat ", path));
  std::string bytes;
  size_t used = 0;
  bytes.resize(info.st_size > 0 ? static_cast<size_t>(info.st_size) + 1 : 65536);
  while (true) {
    if (used == bytes.size()) bytes.resize(2 * bytes.size());
    ssize_t n = ::read(fd.get(), bytes.data() + used, bytes.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error(cat("read ", path));
    if (n == 0) break;
    used += static_cast<size_t>(n);
  }
  bytes.resize(used);
  return bytes;
}

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("write");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Status write_file_atomically(const std::string& path, std::string_view bytes, mode_t mode) {
  if (path.starts_with("/dev/")) {   // a descriptor or a device: nothing to rename
    UniqueFd fd = TRY(open_file(path, O_WRONLY));
    return write_all(fd.get(), bytes);
  }
  std::string temporary = cat(path, ".", getpid(), ".tmp");
  auto write_it = [&]() -> Status {
    UniqueFd fd = TRY(open_file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
    TRY(write_all(fd.get(), bytes));
    if (::rename(temporary.c_str(), path.c_str()) < 0) return os_error(cat("rename to ", path));
    return {};
  };
  Status status = write_it();
  if (!status) ::unlink(temporary.c_str());
  return status;
}

}  // namespace redbee
