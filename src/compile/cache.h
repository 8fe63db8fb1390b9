// Cache: compiled Images on disk, one file a key. What is read from here is loaded into the kernel
// by a privileged process, so a directory or file that anybody else could have written is refused.
//
//   auto cache = Cache::open(directory, limit);          // an Error says why it is unusable
//   if (auto bytes = cache->find(key)) …
//   cache->store(key, bytes);                            // best effort, atomic
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "redbee/result.h"
#include "src/base/unique_fd.h"

namespace redbee {

class Cache {
 public:
  // Makes the directory (mode 0700). Refuses symbolic links, other owners, and directories that
  // others may write to; takes away others' read permission.
  static Result<Cache> open(const std::string& directory, uint64_t limit_bytes);

  // The bytes stored under `key`, whole and unchanged; nothing when absent or damaged.
  std::optional<std::string> find(const std::string& key) const;
  // Oldest entries go when the limit is passed. The entry is complete or absent.
  Status store(const std::string& key, std::string_view bytes) const;

 private:
  Cache(UniqueFd directory, std::string path, uint64_t limit)
      : directory_(std::move(directory)), path_(std::move(path)), limit_bytes_(limit) {}
  Status write_entry(const std::string& name, std::string_view content) const;
  void evict() const;

  UniqueFd directory_;
  std::string path_;
  uint64_t limit_bytes_;
};

// The directory for this process: `option`, else $REDBEE_CACHE, else the user's or root's default.
// Empty when the cache is off.
std::string cache_directory(const std::string& option);

}  // namespace redbee
