// Redbee::Image: a compiled program, before it is in the kernel.
#pragma once

#include <ruby.h>

#include "redbee/image.h"

namespace redbee::ruby {

const Image& image_of(VALUE object);

void image_init(VALUE redbee);

}  // namespace redbee::ruby
