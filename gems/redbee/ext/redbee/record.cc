#include "record.h"

#include <algorithm>
#include <cstdlib>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "memory.h"
#include "pointer.h"

namespace redbee::ruby {
namespace {

VALUE record_base = Qnil;
ID id_layouts, id_type;

void mark(void* data) { rb_gc_mark_movable(static_cast<Record*>(data)->owner); }

void compact(void* data) {
  auto* record = static_cast<Record*>(data);
  record->owner = rb_gc_location(record->owner);
}

size_t record_bytes(const void* data) {
  auto* record = static_cast<const Record*>(data);
  return sizeof(Record) + (record->owner == Qnil ? record->type->size : 0);
}

const rb_data_type_t record_type = {
    "Redbee::Record",
    {mark, std::free, record_bytes, compact, {}},
    nullptr,
    nullptr,
    RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED};

VALUE wrap(const Layout& type, size_t payload) {
  VALUE klass = record_class(type);
  auto* record = static_cast<Record*>(std::malloc(sizeof(Record) + payload));
  if (record == nullptr) rb_memerror();
  *record = Record{&type, reinterpret_cast<char*>(record + 1), Qnil};
  return TypedData_Wrap_Struct(klass, &record_type, record);
}

// A class method's receiver: the Layout its class stands for.
const Layout& type_of(VALUE klass) {
  VALUE address = rb_attr_get(klass, id_type);
  if (address == Qnil) rb_raise(rb_eTypeError, "Redbee::Record itself has no fields");
  return *static_cast<const Layout*>(reinterpret_cast<void*>(NUM2ULL(address)));
}

const Member* find_field(const Layout& type, VALUE name) {
  if (RB_SYMBOL_P(name)) name = rb_sym2str(name);
  if (!RB_TYPE_P(name, T_STRING)) return nullptr;
  std::string_view wanted(RSTRING_PTR(name), static_cast<size_t>(RSTRING_LEN(name)));
  for (const Member& field : type.fields) {
    if (field.name == wanted) return &field;
  }
  return nullptr;
}

const Member& field_named(const Layout& type, VALUE name) {
  const Member* field = find_field(type, name);
  if (field == nullptr) {
    rb_raise(rb_eArgError, "%s has no field %" PRIsVALUE, type.name.c_str(), rb_inspect(name));
  }
  return *field;
}

// A field's reader and writer know their field by its position: one instantiation a position, so
// that reading a field is a plain C method without arguments.
constexpr size_t kSlots = 48;

template <size_t Slot>
VALUE read_slot(VALUE self) {
  Record& record = record_of(self);
  const Member& field = record.type->fields[Slot];
  return read_field(field, record.bytes, self);
}

template <size_t Slot>
VALUE write_slot(VALUE self, VALUE value) {
  Record& record = record_of(self);
  write_field(record.type->fields[Slot], record.bytes, value);
  return value;
}

using Reader = VALUE (*)(VALUE);
using Writer = VALUE (*)(VALUE, VALUE);
template <size_t... Slot>
constexpr std::array<Reader, sizeof...(Slot)> readers(std::index_sequence<Slot...>) {
  return {read_slot<Slot>...};
}
template <size_t... Slot>
constexpr std::array<Writer, sizeof...(Slot)> writers(std::index_sequence<Slot...>) {
  return {write_slot<Slot>...};
}
constexpr auto kReaders = readers(std::make_index_sequence<kSlots>{});
constexpr auto kWriters = writers(std::make_index_sequence<kSlots>{});

VALUE read_later_field(RB_BLOCK_CALL_FUNC_ARGLIST(self, slot)) {
  (void)argc, (void)argv, (void)blockarg, (void)self;
  Record& record = record_of(rb_current_receiver());
  return read_field(record.type->fields[NUM2SIZET(slot)], record.bytes, rb_current_receiver());
}

void define_field(VALUE klass, const Member& field, size_t slot) {
  if (field.name.empty()) return;
  if (slot < kSlots) {
    rb_define_method(klass, field.name.c_str(), kReaders[slot], 0);
    rb_define_method(klass, (field.name + "=").c_str(), kWriters[slot], 1);
    return;
  }
  VALUE name = ID2SYM(rb_intern(field.name.c_str()));
  rb_block_call(klass, rb_intern("define_method"), 1, &name, read_later_field, SIZET2NUM(slot));
}

// Class methods.

VALUE s_size(VALUE klass) { return UINT2NUM(type_of(klass).size); }

VALUE s_members(VALUE klass) {
  VALUE names = rb_ary_new();
  for (const Member& field : type_of(klass).fields) {
    if (!field.name.empty()) rb_ary_push(names, rb_utf8_str_new_cstr(field.name.c_str()));
  }
  return names;
}

VALUE s_types(VALUE klass) {
  VALUE names = rb_ary_new();
  for (const Member& field : type_of(klass).fields) {
    if (!field.name.empty()) rb_ary_push(names, rb_utf8_str_new_cstr(c_name(*field.type).c_str()));
  }
  return names;
}

VALUE s_offsets(VALUE klass) {
  VALUE offsets = rb_ary_new();
  for (const Member& field : type_of(klass).fields) {
    if (!field.name.empty()) rb_ary_push(offsets, UINT2NUM(field.offset));
  }
  return offsets;
}

VALUE s_type_name(VALUE klass) { return rb_utf8_str_new_cstr(type_of(klass).name.c_str()); }
VALUE s_is_union(VALUE klass) { return type_of(klass).is_union ? Qtrue : Qfalse; }
VALUE s_is_packed(VALUE klass) { return type_of(klass).is_packed ? Qtrue : Qfalse; }

VALUE s_malloc(int, VALUE*, VALUE klass) {
  const Layout& type = type_of(klass);
  return record_copy(type, nullptr, 0);
}

// Record.new(pointer or address): shows the memory there.
VALUE s_new(VALUE klass, VALUE pointer) {
  const Layout& type = type_of(klass);
  void* address = address_of(pointer);
  long known = known_size(pointer);
  if (known != 0 && known < static_cast<long>(type.size)) {
    rb_raise(rb_eArgError, "%ld bytes are no %s, which has %u", known, type.name.c_str(), type.size);
  }
  return record_view(type, static_cast<char*>(address), pointer);
}

VALUE s_copy(VALUE klass, VALUE data) {
  const Layout& type = type_of(klass);
  if (is_memory(data)) {
    Memory& memory = memory_of(data);
    return record_copy(type, memory.bytes, static_cast<size_t>(memory.size));
  }
  return record_copy(type, address_of(data), type.size);
}

// Instance methods.

VALUE get(int argc, VALUE* argv, VALUE self) {
  rb_check_arity(argc, 1, 2);
  Record& record = record_of(self);
  if (argc == 1 && !RB_INTEGER_TYPE_P(argv[0])) {
    return read_field(field_named(*record.type, argv[0]), record.bytes, self);
  }
  size_t offset = NUM2SIZET(argv[0]);
  size_t length = argc == 2 ? NUM2SIZET(argv[1]) : 1;
  if (offset > record.type->size || length > record.type->size - offset) {
    rb_raise(rb_eIndexError, "%zu bytes at %zu are outside of %s, which has %u", length, offset,
             record.type->name.c_str(), record.type->size);
  }
  return argc == 2 ? rb_str_new(record.bytes + offset, static_cast<long>(length))
                   : INT2FIX(record.bytes[offset]);
}

VALUE set(VALUE self, VALUE name, VALUE value) {
  Record& record = record_of(self);
  write_field(field_named(*record.type, name), record.bytes, value);
  return value;
}

VALUE to_ptr(VALUE self) {
  Record& record = record_of(self);
  return memory_view(record.bytes, record.type->size, CLASS_OF(self), self);
}

VALUE to_i(VALUE self) { return ULL2NUM(reinterpret_cast<uintptr_t>(record_of(self).bytes)); }

VALUE plain(VALUE value) {
  if (is_record(value)) return rb_funcall(value, rb_intern("to_h"), 0);
  if (!RB_TYPE_P(value, T_ARRAY)) return value;
  VALUE values = rb_ary_new();
  for (long i = 0; i < RARRAY_LEN(value); ++i) rb_ary_push(values, plain(rb_ary_entry(value, i)));
  return values;
}

VALUE to_h(VALUE self) {
  Record& record = record_of(self);
  VALUE hash = rb_hash_new();
  for (const Member& field : record.type->fields) {
    if (field.name.empty()) continue;
    VALUE value = plain(read_field(field, record.bytes, self));
    rb_hash_aset(hash, ID2SYM(rb_intern(field.name.c_str())), value);
  }
  return hash;
}

VALUE to_s(VALUE self) {
  Record& record = record_of(self);
  return rb_str_new(record.bytes, record.type->size);
}

VALUE equal(VALUE self, VALUE other) {
  if (!is_record(other) || CLASS_OF(self) != CLASS_OF(other)) return Qfalse;
  Record& a = record_of(self);
  return std::memcmp(a.bytes, record_of(other).bytes, a.type->size) == 0 ? Qtrue : Qfalse;
}

VALUE hash(VALUE self) { return rb_hash(to_s(self)); }

VALUE inspect(VALUE self) {
  return rb_sprintf("#<%s %" PRIsVALUE ">", record_of(self).type->name.c_str(), rb_inspect(to_h(self)));
}

void define_class_methods() {
  rb_define_singleton_method(record_base, "size", s_size, 0);
  rb_define_singleton_method(record_base, "members", s_members, 0);
  rb_define_singleton_method(record_base, "types", s_types, 0);
  rb_define_singleton_method(record_base, "offsets", s_offsets, 0);
  rb_define_singleton_method(record_base, "type_name", s_type_name, 0);
  rb_define_singleton_method(record_base, "union?", s_is_union, 0);
  rb_define_singleton_method(record_base, "packed?", s_is_packed, 0);
  rb_define_singleton_method(record_base, "malloc", s_malloc, -1);
  rb_define_singleton_method(record_base, "new", s_new, 1);
  rb_define_singleton_method(record_base, "copy", s_copy, 1);
}

void define_instance_methods() {
  rb_define_method(record_base, "[]", get, -1);
  rb_define_method(record_base, "[]=", set, 2);
  rb_define_method(record_base, "to_ptr", to_ptr, 0);
  rb_define_method(record_base, "to_i", to_i, 0);
  rb_define_method(record_base, "to_h", to_h, 0);
  rb_define_method(record_base, "to_s", to_s, 0);
  rb_define_method(record_base, "==", equal, 1);
  rb_define_method(record_base, "eql?", equal, 1);
  rb_define_method(record_base, "hash", hash, 0);
  rb_define_method(record_base, "inspect", inspect, 0);
}

}  // namespace

VALUE record_class_of(const Layout& type, VALUE table) {
  VALUE klass = rb_funcall(rb_cClass, rb_intern("new"), 1, record_base);
  rb_undef_alloc_func(klass);
  rb_ivar_set(klass, id_layouts, table);
  rb_ivar_set(klass, id_type, ULL2NUM(reinterpret_cast<uintptr_t>(&type)));
  for (size_t slot = 0; slot < type.fields.size(); ++slot) {
    define_field(klass, type.fields[slot], slot);
  }
  return klass;
}

VALUE record_view(const Layout& type, char* bytes, VALUE owner) {
  VALUE object = wrap(type, 0);
  Record& record = record_of(object);
  record.bytes = bytes;
  RB_OBJ_WRITE(object, &record.owner, owner);
  return object;
}

VALUE record_copy(const Layout& type, const void* bytes, size_t size) {
  VALUE object = wrap(type, type.size);
  char* target = record_of(object).bytes;
  size_t copied = bytes == nullptr ? 0 : std::min<size_t>(size, type.size);
  if (copied != 0) std::memcpy(target, bytes, copied);
  std::memset(target + copied, 0, type.size - copied);
  return object;
}

void record_assign(const Layout& type, char* bytes, VALUE value) {
  if (is_record(value) && record_of(value).type->size == type.size) {
    std::memmove(bytes, record_of(value).bytes, type.size);
    return;
  }
  Check_Type(value, T_HASH);
  VALUE pairs = rb_funcall(value, rb_intern("to_a"), 0);
  for (long i = 0; i < RARRAY_LEN(pairs); ++i) {
    VALUE pair = rb_ary_entry(pairs, i);
    write_field(field_named(type, rb_ary_entry(pair, 0)), bytes, rb_ary_entry(pair, 1));
  }
}

bool is_record(VALUE object) {
  return RB_TYPE_P(object, T_DATA) && RTYPEDDATA_P(object) && RTYPEDDATA_TYPE(object) == &record_type;
}

Record& record_of(VALUE object) { return *static_cast<Record*>(RTYPEDDATA_DATA(object)); }

void record_init(VALUE redbee) {
  id_layouts = rb_intern("__layouts__");   // hidden: no "@"
  id_type = rb_intern("__type__");
  record_base = rb_define_class_under(redbee, "Record", rb_cObject);
  rb_gc_register_mark_object(record_base);
  rb_undef_alloc_func(record_base);
  define_class_methods();
  define_instance_methods();
}

}  // namespace redbee::ruby
