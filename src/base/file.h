// Whole files read and written.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "redbee/result.h"
#include "src/base/unique_fd.h"

namespace redbee {

Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode = 0);
// Also for files of /proc and /sys, whose size stat() does not know.
Result<std::string> read_file(const std::string& path);
Status write_all(int fd, std::string_view bytes);
// Written beside `path` and renamed over it: a reader sees the old file or the new one, whole.
Status write_file_atomically(const std::string& path, std::string_view bytes, mode_t mode = 0644);

}  // namespace redbee
