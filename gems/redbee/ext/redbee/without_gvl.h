// Runs `work` while other Ruby threads run. It must not touch Ruby. Not interruptible: for work that
// ends by itself, like a compile.
#pragma once

#include <ruby.h>
#include <ruby/thread.h>

namespace redbee::ruby {

template <typename Work>
auto without_gvl(Work&& work) {
  using Answer = decltype(work());
  struct Call {
    Work& work;
    alignas(Answer) char room[sizeof(Answer)];
  } call{work, {}};
  rb_thread_call_without_gvl(
      [](void* argument) -> void* {
        auto* c = static_cast<Call*>(argument);
        new (c->room) Answer(c->work());
        return nullptr;
      },
      &call, nullptr, nullptr);
  Answer* answer = reinterpret_cast<Answer*>(call.room);
  Answer moved = std::move(*answer);
  answer->~Answer();
  return moved;
}

}  // namespace redbee::ruby
