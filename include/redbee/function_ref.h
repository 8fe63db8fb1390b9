// FunctionRef<R(Args...)>: a borrowed callable, two words, never allocates. For callbacks that run
// once per record, where std::function would cost an indirect call and maybe an allocation.
//
// It must not outlive the callable it was made from: take it as a parameter, never store it.
//
//   void each(FunctionRef<void(int)> fn);
//   each([&](int n) { sum += n; });
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace redbee {

template <typename Signature>
class FunctionRef;

template <typename R, typename... Args>
class FunctionRef<R(Args...)> {
 public:
  FunctionRef() = default;   // empty; only to be tested, not called
  template <typename F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> &&
             std::is_invocable_r_v<R, F&, Args...>)
  FunctionRef(F&& callable)   // NOLINT: implicit by design, like a reference
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
        }) {}

  explicit operator bool() const { return call_ != nullptr; }
  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_ = nullptr;
  R (*call_)(void*, Args...) = nullptr;
};

}  // namespace redbee
