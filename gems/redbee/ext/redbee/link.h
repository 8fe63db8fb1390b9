// Redbee::Link: one program attached at one place, until detached or garbage.
#pragma once

#include <ruby.h>

#include "redbee/link.h"

namespace redbee::ruby {

VALUE link_new(Link&& link);

void link_init(VALUE redbee);

}  // namespace redbee::ruby
