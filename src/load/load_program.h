// One program of an object, into the kernel.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "redbee/object.h"
#include "redbee/result.h"
#include "src/base/unique_fd.h"
#include "src/load/btf_target.h"

namespace redbee {

struct LoadedProgram {
  UniqueFd fd;
  uint32_t type = 0;
  uint32_t id = 0;
  int attach_type = 0;
  std::string name;
  std::string log;
};

struct LoadRequest {
  const Image& image;
  std::string name;
  LoadOptions options;
  std::vector<std::pair<std::string, int>> maps;   // every map of the object, by name
  const ObjectOptions& object_options;
};

Result<LoadedProgram> load_program(const LoadRequest& request, BtfTargets& targets);

}  // namespace redbee
