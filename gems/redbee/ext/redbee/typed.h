// A C++ value inside a Ruby object, for those that refer to no other Ruby object. The value is made
// first and moved in, so that no Ruby object ever holds half of one.
#pragma once

#include <ruby.h>

#include <utility>

namespace redbee::ruby {

template <typename T>
struct Typed {
  static void release(void* data) { delete static_cast<T*>(data); }

  static const rb_data_type_t* type(const char* name = "Redbee") {
    static const rb_data_type_t it = {name, {nullptr, release, nullptr, nullptr, {}}, nullptr, nullptr,
                                      RUBY_TYPED_FREE_IMMEDIATELY};
    return &it;
  }

  static VALUE wrap(VALUE klass, T&& value) {
    return TypedData_Wrap_Struct(klass, type(), new T(std::move(value)));
  }

  static T& of(VALUE object) { return *static_cast<T*>(rb_check_typeddata(object, type())); }
};

}  // namespace redbee::ruby
