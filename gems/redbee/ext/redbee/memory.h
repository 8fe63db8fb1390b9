// Redbee::Memory: the Fiddle::Pointer that tables and readers hand to scripts. It owns a copy of
// its bytes, so a script may keep it, and it knows the type of what it points to.
//
// Fiddle::Pointer.new costs a malloc, an ivar table and several Ruby calls, 100,000 times for a
// table. This subclass is made in one allocation. Fiddle's own methods work on it because its data
// begins with the fields of Fiddle's struct ptr_data; memory_init checks that they still do.
#pragma once

#include <ruby.h>

#include <cstddef>

namespace redbee::ruby {

struct Memory {
  // ext/fiddle/pointer.c, struct ptr_data: {ptr, size, free, freed, wrap[2]}. Fiddle's code for wrap
  // never runs on these objects (their mark function is ours, free= is overridden), so its room is
  // used for `owner` and `type`.
  void* bytes;
  long size;
  void* free;
  long freed;
  VALUE owner;       // of the bytes, when they are not our own
  VALUE type;        // a String ("unsigned int") or a class; Qnil when unknown
  // Ours.
  VALUE view;        // the struct object made by to_bcc_value
  long value_size;   // how many bytes the value has, where that is not `size`; -1: as `size`
};

// A Memory that holds `size` bytes, uninitialised, and `slack` zero bytes after them.
VALUE memory_new(size_t size, VALUE type, size_t slack = 0);
// A Memory that shows `bytes`, which belong to `owner`.
VALUE memory_view(void* bytes, size_t size, VALUE type, VALUE owner);
Memory& memory_of(VALUE object);
bool is_memory(VALUE object);

// What to_bcc_value gives for `size` bytes of an untyped or scalar value.
VALUE scalar_value(const void* bytes, long size);

void memory_init(VALUE redbee);

}  // namespace redbee::ruby
