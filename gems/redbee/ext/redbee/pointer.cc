#include "pointer.h"

#include "memory.h"
#include "record.h"

namespace redbee::ruby {
namespace {
VALUE fiddle_pointer = Qnil;
ID id_to_ptr, id_to_i, id_size;
}  // namespace

void* address_of(VALUE pointer) {
  if (is_memory(pointer)) return memory_of(pointer).bytes;
  if (is_record(pointer)) return record_of(pointer).bytes;
  if (RB_INTEGER_TYPE_P(pointer)) return reinterpret_cast<void*>(NUM2ULL(pointer));
  if (RTEST(rb_obj_is_kind_of(pointer, fiddle_pointer))) {
    return reinterpret_cast<void*>(NUM2ULL(rb_funcall(pointer, id_to_i, 0)));
  }
  if (rb_respond_to(pointer, id_to_ptr)) return address_of(rb_funcall(pointer, id_to_ptr, 0));
  rb_raise(rb_eTypeError, "%" PRIsVALUE " is not a pointer", rb_inspect(pointer));
}

bool is_pointer(VALUE object) {
  return is_memory(object) || is_record(object) || RTEST(rb_obj_is_kind_of(object, fiddle_pointer)) ||
         (!RB_SPECIAL_CONST_P(object) && rb_respond_to(object, id_to_ptr));
}

long known_size(VALUE pointer) {
  if (is_memory(pointer)) return memory_of(pointer).size;
  if (is_record(pointer)) return record_of(pointer).type->size;
  if (RTEST(rb_obj_is_kind_of(pointer, fiddle_pointer))) return NUM2LONG(rb_funcall(pointer, id_size, 0));
  return 0;
}

void pointer_init() {
  fiddle_pointer = rb_path2class("Fiddle::Pointer");
  rb_gc_register_mark_object(fiddle_pointer);
  id_to_ptr = rb_intern("to_ptr");
  id_to_i = rb_intern("to_i");
  id_size = rb_intern("size");
}

}  // namespace redbee::ruby
