#pragma once

#include <net/if.h>

#include <cerrno>
#include <string>

#include "redbee/result.h"
#include "src/base/text.h"

namespace redbee {

inline Result<unsigned> interface_index(const std::string& name) {
  unsigned index = if_nametoindex(name.c_str());
  if (!index) return fail(Error{Errc::not_found, cat("no network interface ", name), errno, {}});
  return index;
}

}  // namespace redbee
