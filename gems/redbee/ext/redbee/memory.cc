#include "memory.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace redbee::ruby {
namespace {

VALUE memory_class = Qnil;
ID id_new, id_members, id_include, id_delete_suffix;

void mark(void* data) {
  auto* memory = static_cast<Memory*>(data);
  rb_gc_mark_movable(memory->owner);
  rb_gc_mark_movable(memory->type);
  rb_gc_mark_movable(memory->view);
}

void compact(void* data) {
  auto* memory = static_cast<Memory*>(data);
  for (VALUE* value : {&memory->owner, &memory->type, &memory->view}) {
    *value = rb_gc_location(*value);
  }
}

size_t memory_bytes(const void* data) {
  auto* memory = static_cast<const Memory*>(data);
  return sizeof(Memory) + (memory->owner == Qnil ? static_cast<size_t>(memory->size) : 0);
}

// `parent` becomes Fiddle's own type, so that its methods accept these objects.
rb_data_type_t memory_type = {
    "Redbee::Memory",
    {mark, std::free, memory_bytes, compact, {}},
    nullptr,
    nullptr,
    RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED};

VALUE wrap(size_t payload, VALUE type, size_t slack = 0) {
  auto* memory = static_cast<Memory*>(std::malloc(sizeof(Memory) + payload + slack));
  if (memory == nullptr) rb_memerror();
  *memory = Memory{memory + 1, static_cast<long>(payload), nullptr, 0, Qnil, Qnil, Qnil, -1};
  std::memset(static_cast<char*>(memory->bytes) + payload, 0, slack);
  VALUE object = TypedData_Wrap_Struct(memory_class, &memory_type, memory);
  RB_OBJ_WRITE(object, &memory->type, type);
  return object;
}

long value_size(const Memory& memory) {
  return memory.value_size < 0 ? memory.size : memory.value_size;
}

VALUE bcc_value(VALUE self) {
  Memory& memory = memory_of(self);
  if (!RB_TYPE_P(memory.type, T_CLASS)) return scalar_value(memory.bytes, value_size(memory));
  if (memory.view == Qnil) {
    VALUE view = rb_funcall(memory.type, id_new, 1, self);
    RB_OBJ_WRITE(self, &memory.view, view);
  }
  return memory.view;
}

VALUE value_type(VALUE self) { return memory_of(self).type; }

VALUE set_value_type(VALUE self, VALUE type) {
  Memory& memory = memory_of(self);
  RB_OBJ_WRITE(self, &memory.type, type);
  memory.view = Qnil;
  return type;
}

VALUE bcc_size(VALUE self) { return LONG2NUM(value_size(memory_of(self))); }

VALUE set_bcc_size(VALUE self, VALUE size) {
  memory_of(self).value_size = NUM2LONG(size);
  return size;
}

VALUE moved(VALUE self, long by) {
  Memory& memory = memory_of(self);
  long rest = memory.size - by;
  return memory_view(static_cast<char*>(memory.bytes) + by, rest < 0 ? 0 : rest, Qnil, self);
}

// memory[offset, length] → String, memory[offset] → Integer (a signed char), as Fiddle's. Bytes past
// the end read as zero.
VALUE get(int argc, VALUE* argv, VALUE self) {
  rb_check_arity(argc, 1, 2);
  Memory& memory = memory_of(self);
  long offset = NUM2LONG(argv[0]);
  long length = argc == 2 ? NUM2LONG(argv[1]) : 1;
  if (offset < 0 || length < 0) rb_raise(rb_eIndexError, "negative offset or length");
  long there = memory.size <= offset ? 0 : memory.size - offset < length ? memory.size - offset : length;
  const char* bytes = static_cast<const char*>(memory.bytes) + offset;
  if (argc == 1) return there == 0 ? INT2FIX(0) : INT2FIX(*bytes);
  VALUE text = rb_str_new(bytes, there);
  if (there == length) return text;
  rb_str_resize(text, length);
  std::memset(RSTRING_PTR(text) + there, 0, static_cast<size_t>(length - there));
  return text;
}

VALUE plus(VALUE self, VALUE by) { return moved(self, NUM2LONG(by)); }
VALUE minus(VALUE self, VALUE by) { return moved(self, -NUM2LONG(by)); }

// The memory is part of the object: there is nothing that a script could free.
VALUE no_free(VALUE) { return Qnil; }
VALUE set_free(VALUE, VALUE function) { return function; }

bool has_field(VALUE self, VALUE name) {
  VALUE type = memory_of(self).type;
  if (!RB_TYPE_P(type, T_CLASS) || !rb_respond_to(type, id_members)) return false;
  VALUE bare = rb_funcall(rb_sym2str(name), id_delete_suffix, 1, rb_str_new_cstr("="));
  return RTEST(rb_funcall(rb_funcall(type, id_members, 0), id_include, 1, bare));
}

VALUE method_missing(int argc, VALUE* argv, VALUE self) {
  if (argc == 0 || !RB_SYMBOL_P(argv[0]) || !has_field(self, argv[0])) {
    return rb_call_super(argc, argv);
  }
  return rb_funcallv_public(bcc_value(self), rb_sym2id(argv[0]), argc - 1, argv + 1);
}

VALUE respond_to_missing(VALUE self, VALUE name, VALUE) {
  return RB_SYMBOL_P(name) && has_field(self, name) ? Qtrue : Qfalse;
}

// Fiddle's struct ptr_data must still begin as ours does.
void check_fiddle_layout(VALUE fiddle_pointer) {
  VALUE sample = rb_funcall(fiddle_pointer, id_new, 2, INT2FIX(0x1000), INT2FIX(77));
  if (!RTYPEDDATA_P(sample)) rb_raise(rb_eLoadError, "redbee: Fiddle::Pointer is not a C struct here");
  auto* theirs = static_cast<Memory*>(RTYPEDDATA_DATA(sample));
  const rb_data_type_t* type = RTYPEDDATA_TYPE(sample);
  bool same = theirs->bytes == reinterpret_cast<void*>(0x1000) && theirs->size == 77 &&
              (type->function.dsize == nullptr ||
               type->function.dsize(theirs) == offsetof(Memory, view) + 77);
  if (!same) rb_raise(rb_eLoadError, "redbee: this version of the fiddle gem lays out its pointers in "
                                     "another way; use the fiddle that comes with Ruby");
  memory_type.parent = type;
}

}  // namespace

VALUE memory_new(size_t size, VALUE type, size_t slack) { return wrap(size, type, slack); }

VALUE memory_view(void* bytes, size_t size, VALUE type, VALUE owner) {
  VALUE object = wrap(0, type);
  Memory& memory = memory_of(object);
  memory.bytes = bytes;
  memory.size = static_cast<long>(size);
  RB_OBJ_WRITE(object, &memory.owner, owner);
  return object;
}

Memory& memory_of(VALUE object) { return *static_cast<Memory*>(RTYPEDDATA_DATA(object)); }

bool is_memory(VALUE object) {
  return RB_TYPE_P(object, T_DATA) && RTYPEDDATA_P(object) && RTYPEDDATA_TYPE(object) == &memory_type;
}

VALUE scalar_value(const void* bytes, long size) {
  if (size == 4) {
    int32_t value;
    std::memcpy(&value, bytes, 4);
    return INT2NUM(value);
  }
  if (size == 8) {
    int64_t value;
    std::memcpy(&value, bytes, 8);
    return LL2NUM(value);
  }
  auto* text = static_cast<const char*>(bytes);
  return rb_str_new(text, strnlen(text, size < 0 ? 0 : size));
}

void memory_init(VALUE redbee) {
  id_new = rb_intern("new");
  id_members = rb_intern("members");
  id_include = rb_intern("include?");
  id_delete_suffix = rb_intern("delete_suffix");
  VALUE fiddle_pointer = rb_path2class("Fiddle::Pointer");
  check_fiddle_layout(fiddle_pointer);
  memory_class = rb_define_class_under(redbee, "Memory", fiddle_pointer);
  rb_gc_register_mark_object(memory_class);
  rb_undef_alloc_func(memory_class);
  rb_undef_method(CLASS_OF(memory_class), "new");
  rb_undef_method(CLASS_OF(memory_class), "malloc");
  rb_define_method(memory_class, "bcc_value", bcc_value, 0);
  rb_define_method(memory_class, "to_bcc_value", bcc_value, 0);
  rb_define_method(memory_class, "bcc_value_type", value_type, 0);
  rb_define_method(memory_class, "bcc_value_type=", set_value_type, 1);
  rb_define_method(memory_class, "bcc_size", bcc_size, 0);
  rb_define_method(memory_class, "bcc_size=", set_bcc_size, 1);
  rb_define_method(memory_class, "[]", get, -1);
  rb_define_method(memory_class, "+", plus, 1);
  rb_define_method(memory_class, "-", minus, 1);
  rb_define_method(memory_class, "call_free", no_free, 0);
  rb_define_method(memory_class, "free=", set_free, 1);
  rb_define_method(memory_class, "method_missing", method_missing, -1);
  rb_define_method(memory_class, "respond_to_missing?", respond_to_missing, 2);
}

}  // namespace redbee::ruby
