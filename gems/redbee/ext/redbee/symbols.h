// Redbee::KernelSymbols, Redbee::ProcessSymbols and lookups in files.
#pragma once

#include <ruby.h>

namespace redbee::ruby {

void symbols_init(VALUE redbee);

}  // namespace redbee::ruby
