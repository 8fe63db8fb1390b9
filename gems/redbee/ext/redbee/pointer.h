// The memory behind what scripts pass as a pointer: Redbee::Memory, Redbee::Record,
// Fiddle::Pointer, an object with to_ptr, or an Integer address.
#pragma once

#include <ruby.h>

namespace redbee::ruby {

// Raises TypeError for anything else.
void* address_of(VALUE pointer);
// True for what address_of takes, Integers aside.
bool is_pointer(VALUE object);
// How many bytes are known to be there; 0 when that is not known.
long known_size(VALUE pointer);

void pointer_init();

}  // namespace redbee::ruby
