// Redbee::UsdtProbes: the USDT probes of a file or a process.
#pragma once

#include <ruby.h>

#include <vector>

#include "redbee/usdt.h"

namespace redbee::ruby {

const std::vector<UsdtProbe>& usdt_probes_of(VALUE object);
// Raises NotFound's Ruby class when there is none of that name.
const UsdtProbe& usdt_probe_of(VALUE probes, VALUE name);

void usdt_init(VALUE redbee);

}  // namespace redbee::ruby
