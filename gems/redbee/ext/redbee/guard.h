// The one border between Redbee's Results and Ruby's exceptions.
//
//   VALUE map_delete(VALUE self, VALUE key) {
//     return guard([&]() -> Result<VALUE> {
//       TRY(map(self).erase(bytes));
//       return Qtrue;
//     });
//   }
//
// Ruby raises with longjmp, which runs no destructor. So inside a guard a Ruby call that may raise
// goes through protect(), which turns the jump into a C++ exception; guard() catches it, every C++
// object dies, and only then does Ruby unwind. No core callback ever calls Ruby: neither a jump nor
// an exception crosses core code.
#pragma once

#include <ruby.h>

#include <exception>
#include <redbee/result.h>
#include <type_traits>
#include <utility>

namespace redbee::ruby {

// The Ruby exception for an Error. Runs Ruby code; call it through protect().
VALUE exception_of(const Error& error);

// A Ruby non-local exit on its way through C++ frames.
struct Jump {
  int state;
};

template <typename Body>
VALUE protect(Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  int state = 0;
  VALUE value = rb_protect(
      [](VALUE argument) -> VALUE { return (*reinterpret_cast<Plain*>(argument))(); },
      reinterpret_cast<VALUE>(&body), &state);
  if (state != 0) throw Jump{state};
  return value;
}

template <typename Body>
VALUE guard(Body&& body) {
  int state = 0;
  VALUE exception = Qnil;
  try {
    Result<VALUE> result = body();
    if (result) return *result;
    exception = protect([&] { return exception_of(result.error()); });
  } catch (const Jump& jump) {
    state = jump.state;
  } catch (const std::exception& fault) {
    exception = rb_protect(
        [](VALUE what) { return rb_exc_new_cstr(rb_eRuntimeError, reinterpret_cast<const char*>(what)); },
        reinterpret_cast<VALUE>(fault.what()), &state);
  }
  if (state != 0) rb_jump_tag(state);
  rb_exc_raise(exception);
}

}  // namespace redbee::ruby
