#include "src/kernel/tracefs.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "src/base/file.h"
#include "src/base/fnv1a.h"
#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee {
namespace {

constexpr const char* kPlaces[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  DIR* dir = opendir(directory.c_str());
  if (!dir) return names;
  while (dirent* entry = readdir(dir)) {
    if (entry->d_name[0] != '.' && entry->d_type == DT_DIR) names.emplace_back(entry->d_name);
  }
  closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

size_t common_prefix(std::string_view a, std::string_view b) {
  size_t n = 0;
  while (n < a.size() && n < b.size() && a[n] == b[n]) n++;
  return n;
}

// " (near: sys_enter_read, …)": those that begin or go on like the wanted name.
std::string near_names(std::vector<std::string> names, const std::string& wanted) {
  auto score = [&](const std::string& name) {
    bool contains = name.find(wanted) != std::string::npos || wanted.find(name) != std::string::npos;
    return common_prefix(name, wanted) + (contains ? 1000 : 0);
  };
  std::erase_if(names, [&](const std::string& name) { return score(name) < std::max<size_t>(3, wanted.size() / 2); });
  std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) { return score(a) > score(b); });
  if (names.size() > 3) names.resize(3);
  return names.empty() ? "" : cat(" (there are: ", fmt::format("{}", fmt::join(names, ", ")), ")");
}

tl::unexpected<Error> no_such_tracepoint(const std::string& root, const std::string& category, const std::string& name) {
  std::string near = near_names(names_in(root + "/events/" + category), name);
  return fail(Errc::not_found, cat("no tracepoint ", category, ":", name, " on this kernel", near));
}

}  // namespace

Result<std::string> tracefs_path() {
  for (const char* place : kPlaces) {
    if (access(cat(place, "/events").c_str(), F_OK) == 0) return std::string(place);
    if (errno == EACCES) return os_error(cat("open ", place, "/events"), EACCES);
  }
  return fail(Errc::not_found,
              "tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing");
}

Result<uint64_t> tracepoint_id(const std::string& category, const std::string& name) {
  std::string root = TRY(tracefs_path());
  auto text = read_file(cat(root, "/events/", category, "/", name, "/id"));
  if (!text && text.error().code == Errc::not_found) return no_such_tracepoint(root, category, name);
  if (!text) return fail(std::move(text).error());
  auto id = parse_u64(trim(*text));
  if (!id) return fail(Errc::os, cat("tracepoint ", category, ":", name, ": its id is no number: ", *text));
  return *id;
}

std::optional<std::string> tracepoint_format_hash(const std::string& event, const std::string& tracefs) {
  size_t colon = event.find(':');
  if (colon == std::string::npos) return std::nullopt;
  std::string root = tracefs;
  if (root.empty()) {
    auto mounted = tracefs_path();
    if (!mounted) return std::nullopt;
    root = *mounted;
  }
  auto format = read_file(cat(root, "/events/", event.substr(0, colon), "/", event.substr(colon + 1), "/format"));
  if (!format) return std::nullopt;
  return fmt::format("{:016x}", fnv1a64(*format));
}

}  // namespace redbee
