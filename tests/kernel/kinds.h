// Every kind of attachment, for tests that go through them all.
#pragma once

#include <string>
#include <vector>

#include "redbee/features.h"
#include "redbee/link.h"
#include "redbee/object.h"

namespace redbee::kernel_test {

struct Source {
  Result<Object> (*open)();
  const char* map;              // one that its programs use
};

struct Kind {
  const char* name;
  std::vector<Feature> needs;
  Source source;
  Result<Link> (*attach)(Object&, const std::string& cgroup);
  bool has_husk = false;        // sweep_dead_attachments() has to remove something on some kernels
};

// They attach to "lo", to the cgroup given, to system calls, this process or vfs_read.
const std::vector<Kind>& kinds();

}  // namespace redbee::kernel_test
