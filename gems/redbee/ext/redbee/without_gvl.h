// Runs `work` while other Ruby threads run. It must not touch Ruby. For work that ends by itself, like a
// compile: it is not broken off, but what came up meanwhile (Ctrl-C, Thread#raise) is raised behind it.
#pragma once

#include <ruby.h>
#include <ruby/thread.h>

#include <optional>

#include "guard.h"

namespace redbee::ruby {

// Inside a guard(): the one way out for interrupts that lets C++ objects die.
inline void raise_what_is_pending() {
  protect([] {
    rb_thread_check_ints();
    return Qnil;
  });
}

template <typename Work>
auto without_gvl(Work&& work) {
  struct Call {
    Work& work;
    std::optional<decltype(work())> answer;
  } call{work, {}};
  // Without INTR_FAIL rb_nogvl would raise by itself, through the frames of C++. With it, it returns at once
  // when something is pending.
  while (!call.answer) {
    raise_what_is_pending();
    rb_nogvl(
        [](void* argument) -> void* {
          auto* c = static_cast<Call*>(argument);
          c->answer.emplace(c->work());
          return nullptr;
        },
        &call, nullptr, nullptr, RB_NOGVL_INTR_FAIL);
  }
  raise_what_is_pending();
  return std::move(*call.answer);
}

}  // namespace redbee::ruby
