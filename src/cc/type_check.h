// --self-check-types: every struct and union of BTF, as clang lays it out, against what BTF states.
#pragma once

#include "redbee/result.h"
#include "src/cc/kernel_target.h"

namespace redbee::cc {

// Prints each disagreement; whether there was none.
Result<bool> check_types(KernelTarget& target);

}  // namespace redbee::cc
