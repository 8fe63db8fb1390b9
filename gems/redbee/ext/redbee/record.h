// Redbee::Record: a struct as a Ruby object with a method for each field. Each struct type of an
// Image has a subclass of its own. A record either owns a copy of its bytes (an event) or shows
// those of another object (a table's key or leaf, a struct inside a struct).
#pragma once

#include <ruby.h>

#include "layout.h"

namespace redbee::ruby {

struct Record {
  const Layout* type;
  char* bytes;
  VALUE owner;   // Qnil when the bytes follow this struct
};

// The subclass of Redbee::Record for `type`; `table` is kept alive by it.
VALUE record_class_of(const Layout& type, VALUE table);
VALUE record_view(const Layout& type, char* bytes, VALUE owner);
VALUE record_copy(const Layout& type, const void* bytes, size_t size);
// Assigns a Record of the same size, or a Hash of fields.
void record_assign(const Layout& type, char* bytes, VALUE value);
bool is_record(VALUE object);
Record& record_of(VALUE object);

void record_init(VALUE redbee);

}  // namespace redbee::ruby
