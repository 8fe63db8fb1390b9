// Strings across the border.
#pragma once

#include <ruby.h>

#include <string>
#include <string_view>

namespace redbee::ruby {

// Raises TypeError when `value` is no String. nil gives an empty string.
inline std::string string_of(VALUE value) {
  if (value == Qnil) return {};
  StringValue(value);
  return {RSTRING_PTR(value), static_cast<size_t>(RSTRING_LEN(value))};
}

inline VALUE utf8(std::string_view text) {
  return rb_utf8_str_new(text.data(), static_cast<long>(text.size()));
}

inline VALUE symbol(const char* name) { return ID2SYM(rb_intern(name)); }

}  // namespace redbee::ruby
