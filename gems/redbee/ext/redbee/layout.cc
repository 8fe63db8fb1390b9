#include "layout.h"

#include <algorithm>
#include <cstring>

#include "record.h"

namespace redbee::ruby {
namespace {

template <typename T>
T load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

VALUE read_integer(const char* bytes, uint32_t size, bool is_signed) {
  switch (size) {
    case 1: return is_signed ? INT2FIX(load<int8_t>(bytes)) : INT2FIX(load<uint8_t>(bytes));
    case 2: return is_signed ? INT2FIX(load<int16_t>(bytes)) : INT2FIX(load<uint16_t>(bytes));
    case 4: return is_signed ? INT2NUM(load<int32_t>(bytes)) : UINT2NUM(load<uint32_t>(bytes));
    case 8: return is_signed ? LL2NUM(load<int64_t>(bytes)) : ULL2NUM(load<uint64_t>(bytes));
    default: {
      int flags = INTEGER_PACK_LITTLE_ENDIAN | (is_signed ? INTEGER_PACK_2COMP : 0);
      return rb_integer_unpack(bytes, size, 1, 0, flags);   // __int128
    }
  }
}

VALUE read_floating(const char* bytes, uint32_t size) {
  return size == 4 ? DBL2NUM(load<float>(bytes)) : DBL2NUM(load<double>(bytes));
}

VALUE read_array(const Layout& type, char* bytes, VALUE owner) {
  const Layout& element = *type.element;
  if (element.kind == Layout::Kind::character) {
    return rb_str_new(bytes, static_cast<long>(strnlen(bytes, type.size)));
  }
  VALUE values = rb_ary_new_capa(type.count);
  for (uint32_t i = 0; i < type.count; ++i) {
    rb_ary_push(values, read_value(element, bytes + size_t{i} * element.size, owner));
  }
  return values;
}

void write_integer(char* bytes, uint32_t size, VALUE value) {
  rb_integer_pack(rb_to_int(value), bytes, size, 1, 0,
                  INTEGER_PACK_LITTLE_ENDIAN | INTEGER_PACK_2COMP);
}

void write_floating(char* bytes, uint32_t size, VALUE value) {
  double wide = NUM2DBL(value);
  float narrow = static_cast<float>(wide);
  std::memcpy(bytes, size == 4 ? static_cast<void*>(&narrow) : &wide, size == 4 ? 4 : 8);
}

void write_text(char* bytes, uint32_t size, VALUE value) {
  StringValue(value);
  if (RSTRING_LEN(value) > static_cast<long>(size)) {
    rb_raise(rb_eRangeError, "%ld bytes do not fit in char[%u]", RSTRING_LEN(value), size);
  }
  std::memset(bytes, 0, size);
  std::memcpy(bytes, RSTRING_PTR(value), static_cast<size_t>(RSTRING_LEN(value)));
}

void write_array(const Layout& type, char* bytes, VALUE value) {
  if (RB_TYPE_P(value, T_STRING)) return write_text(bytes, type.size, value);
  value = rb_convert_type(value, T_ARRAY, "Array", "to_ary");
  long given = RARRAY_LEN(value);
  if (given > static_cast<long>(type.count)) {
    rb_raise(rb_eRangeError, "%ld elements do not fit in an array of %u", given, type.count);
  }
  for (long i = 0; i < given; ++i) {
    write_value(*type.element, bytes + i * type.element->size, rb_ary_entry(value, i));
  }
}

// A bit-field lies in at most 8 bytes from its storage unit on.
uint64_t storage_of(const Member& field, const char* record) {
  uint64_t storage = 0;
  std::memcpy(&storage, record + field.offset, std::min(field.type->size, 8U));
  return storage;
}

uint64_t mask_of(const Member& field) {
  return field.bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << field.bits) - 1;
}

VALUE read_bits(const Member& field, const char* record) {
  uint64_t value = (storage_of(field, record) >> field.bit_offset) & mask_of(field);
  if (field.type->kind == Layout::Kind::boolean) return value ? Qtrue : Qfalse;
  bool negative = field.type->is_signed && (value >> (field.bits - 1) & 1);
  return negative ? LL2NUM(static_cast<int64_t>(value | ~mask_of(field))) : ULL2NUM(value);
}

void write_bits(const Member& field, char* record, VALUE value) {
  uint64_t bits = value == Qtrue ? 1 : value == Qfalse ? 0 : static_cast<uint64_t>(NUM2LL(value));
  uint64_t storage = storage_of(field, record) & ~(mask_of(field) << field.bit_offset);
  storage |= (bits & mask_of(field)) << field.bit_offset;
  std::memcpy(record + field.offset, &storage, std::min(field.type->size, 8U));
}

void mark(void* data) {
  for (const Layout& layout : static_cast<Layouts*>(data)->all) rb_gc_mark(layout.ruby_class);
}

void release(void* data) { delete static_cast<Layouts*>(data); }

size_t layouts_bytes(const void* data) {
  return sizeof(Layouts) + static_cast<const Layouts*>(data)->all.size() * sizeof(Layout);
}

const rb_data_type_t layouts_type = {
    "Redbee layouts", {mark, release, layouts_bytes, nullptr, {}}, nullptr, nullptr,
    RUBY_TYPED_FREE_IMMEDIATELY};

// Members of anonymous structs and unions are those of the struct around them, as in C.
void add_members(Layouts& layouts, const TypeTable& types, const Type& type, uint32_t base,
                 std::vector<Member>& members) {
  for (const Field& field : type.fields) {
    if (field.type < 0 || static_cast<size_t>(field.type) >= types.size()) continue;
    if (field.name.empty()) {
      add_members(layouts, types, types[field.type], base + field.offset, members);
      continue;
    }
    members.push_back({field.name, &layouts.all[field.type], base + field.offset, field.bit_offset, field.bits});
  }
}

Layout::Kind kind_of(const Type& type) {
  switch (type.kind) {
    case TypeKind::boolean: return Layout::Kind::boolean;
    case TypeKind::character: return Layout::Kind::character;
    case TypeKind::floating: return Layout::Kind::floating;
    case TypeKind::array: return Layout::Kind::array;
    case TypeKind::structure:
    case TypeKind::union_: return Layout::Kind::record;
    default: return Layout::Kind::integer;   // enumerators and pointers too
  }
}

void fill(Layouts& layouts, const TypeTable& types) {
  layouts.all.resize(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    const Type& type = types[i];
    Layout& layout = layouts.all[i];
    layout.owner = &layouts;
    layout.kind = kind_of(type);
    layout.is_signed = type.is_signed;
    layout.is_union = type.kind == TypeKind::union_;
    layout.is_packed = type.is_packed;
    layout.size = type.size;
    layout.name = type.name;
    layout.count = type.count;
    if (layout.kind == Layout::Kind::array) layout.element = &layouts.all[type.element];
    if (layout.kind == Layout::Kind::record) add_members(layouts, types, type, 0, layout.fields);
  }
}

}  // namespace

VALUE layouts_new(const TypeTable& types) {
  auto* layouts = new Layouts;
  VALUE object = TypedData_Wrap_Struct(0, &layouts_type, layouts);
  layouts->self = object;
  fill(*layouts, types);
  return object;
}

Layouts& layouts_of(VALUE object) { return *static_cast<Layouts*>(rb_check_typeddata(object, &layouts_type)); }

VALUE record_class(const Layout& layout) {
  if (layout.ruby_class == Qnil) {
    const_cast<Layout&>(layout).ruby_class = record_class_of(layout, layout.owner->self);
  }
  return layout.ruby_class;
}

VALUE ruby_type(VALUE layouts, int type) {
  if (type < 0) return Qnil;
  const Layout& layout = layouts_of(layouts).all.at(static_cast<size_t>(type));
  if (layout.kind == Layout::Kind::record) return record_class(layout);
  return rb_str_freeze(rb_utf8_str_new_cstr(c_name(layout).c_str()));
}

VALUE read_value(const Layout& type, char* bytes, VALUE owner) {
  switch (type.kind) {
    case Layout::Kind::integer:
    case Layout::Kind::character: return read_integer(bytes, type.size, type.is_signed);
    case Layout::Kind::boolean: return *bytes ? Qtrue : Qfalse;
    case Layout::Kind::floating: return read_floating(bytes, type.size);
    case Layout::Kind::array: return read_array(type, bytes, owner);
    case Layout::Kind::record: return record_view(type, bytes, owner);
  }
  return Qnil;
}

VALUE read_field(const Member& field, char* record, VALUE owner) {
  if (field.bits != 0) return read_bits(field, record);
  return read_value(*field.type, record + field.offset, owner);
}

void write_value(const Layout& type, char* bytes, VALUE value) {
  switch (type.kind) {
    case Layout::Kind::integer:
    case Layout::Kind::character: return write_integer(bytes, type.size, value);
    case Layout::Kind::boolean: *bytes = RTEST(value) && value != INT2FIX(0); return;
    case Layout::Kind::floating: return write_floating(bytes, type.size, value);
    case Layout::Kind::array: return write_array(type, bytes, value);
    case Layout::Kind::record: return record_assign(type, bytes, value);
  }
}

void write_field(const Member& field, char* record, VALUE value) {
  if (field.bits != 0) return write_bits(field, record, value);
  write_value(*field.type, record + field.offset, value);
}

std::string c_name(const Layout& type) {
  switch (type.kind) {
    case Layout::Kind::boolean: return "bool";
    case Layout::Kind::character: return type.is_signed ? "char" : "unsigned char";
    case Layout::Kind::floating: return type.size == 4 ? "float" : "double";
    case Layout::Kind::array: return c_name(*type.element) + "[" + std::to_string(type.count) + "]";
    case Layout::Kind::record: return type.name;
    case Layout::Kind::integer: break;
  }
  std::string sign = type.is_signed ? "" : "unsigned ";
  switch (type.size) {
    case 1: return sign + "char";
    case 2: return sign + "short";
    case 4: return sign + "int";
    case 8: return sign + "long long";
    default: return sign + "__int128";
  }
}

}  // namespace redbee::ruby
