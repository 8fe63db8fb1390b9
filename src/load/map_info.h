// What the kernel says about a map.
#pragma once

#include "redbee/map.h"
#include "redbee/result.h"

namespace redbee {

Result<MapInfo> read_map_info(int fd);

}  // namespace redbee
