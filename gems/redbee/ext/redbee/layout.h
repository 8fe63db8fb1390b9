// Layouts: C types as a binding to Ruby wants them, made from the Image's type facts. A Layout knows
// how bytes become Ruby values; structs and unions have a Ruby class, a subclass of Redbee::Record.
//
// A Layout belongs to its Layouts, which is a Ruby object: every Record class keeps it alive.
#pragma once

#include <ruby.h>

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "redbee/value.h"

namespace redbee::ruby {

struct Layout;
struct Layouts;

struct Member {
  std::string name;
  const Layout* type = nullptr;
  uint32_t offset = 0;
  uint32_t bit_offset = 0;
  uint32_t bits = 0;   // 0: not a bit-field
};

struct Layout {
  enum class Kind : uint8_t { integer, boolean, character, floating, array, record };
  Kind kind = Kind::integer;
  bool is_signed = false;
  bool is_union = false;
  bool is_packed = false;
  uint32_t size = 0;
  std::string name;
  const Layout* element = nullptr;   // array
  uint32_t count = 0;              // array
  std::vector<Member> fields;       // record; those of anonymous members are among them
  VALUE ruby_class = Qnil;         // record; nil until somebody asks
  Layouts* owner = nullptr;
};

// All Layouts of one Image, indexed as in its facts.
struct Layouts {
  std::deque<Layout> all;   // a deque, so that pointers stay valid
  VALUE self = Qnil;
};

// A Ruby object that owns the Layouts of `types`. Raises.
VALUE layouts_new(const TypeTable& types);
Layouts& layouts_of(VALUE object);
// What scripts see as a map's keytype or leaftype: a Record class, or the C name of a scalar; nil
// for -1.
VALUE ruby_type(VALUE layouts, int type);
// The class of a record's layout, made when first asked for.
VALUE record_class(const Layout& layout);

// Integers become Integer, _Bool true or false, char[N] a binary String up to the first NUL, other
// arrays an Array, structs a Record that shows the same bytes and keeps `owner` alive.
VALUE read_value(const Layout& type, char* bytes, VALUE owner);
VALUE read_field(const Member& field, char* record, VALUE owner);
// Raises TypeError or RangeError when `value` does not fit.
void write_value(const Layout& type, char* bytes, VALUE value);
void write_field(const Member& field, char* record, VALUE value);

// "unsigned int", "char[16]"; for a record its name.
std::string c_name(const Layout& type);

}  // namespace redbee::ruby
