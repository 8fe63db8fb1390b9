#include "src/load/pins.h"

#include <bpf/bpf.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <string>

#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/base/unique_fd.h"
#include "src/load/bpf_object.h"
#include "src/load/map_info.h"

namespace redbee {
namespace {

MapInfo wanted_by(const bpf_map* map) {
  return {.type = bpf_map__type(map),
          .key_size = bpf_map__key_size(map),
          .value_size = bpf_map__value_size(map),
          .max_entries = bpf_map__max_entries(map),
          .flags = bpf_map__map_flags(map)};
}

bool are_alike(const MapInfo& a, const MapInfo& b) {
  return a.type == b.type && a.key_size == b.key_size && a.value_size == b.value_size && a.max_entries == b.max_entries &&
         a.flags == b.flags;
}

std::string describe(const MapInfo& map) {
  const char* type = libbpf_bpf_map_type_str(static_cast<bpf_map_type>(map.type));
  return fmt::format("{} of {} entries, keys of {} bytes, values of {}, flags {:#x}", type ? type : "map", map.max_entries,
                     map.key_size, map.value_size, map.flags);
}

// The nearest directory that exists decides: libbpf makes the last one only.
Status check_file_system(const std::string& name, const std::string& path) {
  std::string directory = path.substr(0, path.rfind('/'));
  struct statfs info;
  if (statfs(directory.c_str(), &info) < 0) directory = directory.substr(0, directory.rfind('/'));
  if (statfs(directory.c_str(), &info) < 0) return os_error(cat("pin map ", name, " at ", path, ": ", directory));
  if (info.f_type == BPF_FS_MAGIC) return {};
  return fail(Errc::not_supported, cat("pin map ", name, " at ", path, ": ", directory, " is on no BPF file system: "
                                       "mount -t bpf bpf /sys/fs/bpf"));
}

Status check_pin(const bpf_map* map) {
  std::string name = map_name(map), path = bpf_map__pin_path(map);
  if (access(path.c_str(), F_OK) < 0) return check_file_system(name, path);
  UniqueFd fd(bpf_obj_get(path.c_str()));
  if (!fd.is_open()) return os_error(cat("open the map pinned at ", path, " as ", name));
  auto pinned = read_map_info(fd.get());
  if (!pinned) return fail(Errc::invalid_argument, cat("map ", name, ": what is pinned at ", path, " is no map"));
  MapInfo wanted = wanted_by(map);
  if (are_alike(*pinned, wanted)) return {};
  return fail(Errc::invalid_argument, cat("map ", name, " (", describe(wanted), ") does not fit the map pinned at ", path, " (",
                                          describe(*pinned), "): remove that pin, or pin this map elsewhere"));
}

}  // namespace

Status check_pins(bpf_object* object) {
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    if (bpf_map__pin_path(map)) TRY(check_pin(map));
  }
  return {};
}

}  // namespace redbee
