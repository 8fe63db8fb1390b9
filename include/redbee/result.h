// Result<T>: a value, or an Error that says what was tried, on what, and why it failed.
//
//   Result<Object> object = Object::open(image);
//   if (!object) return fail(object.error());
//   Map map = TRY(object->map("counts"));      // in a function that itself returns Result
//
// Redbee's library never throws, never prints and never aborts: every refusal of the world is an
// Error. Absence that is a normal answer is std::optional.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace redbee {

enum class Errc {
  invalid_argument,   // the caller asked for something that cannot be
  compile_failed,     // the C text has errors; Error::log has every diagnostic
  verifier_rejected,  // the kernel refused the program; Error::log has the whole verifier log
  not_supported,      // this kernel lacks a feature; the message names the kernel that has it
  not_permitted,      // the message names the missing capability
  not_found,          // no such map, symbol, tracepoint, process, file
  os,                 // any other system call failure; Error::sys_errno says which
};

struct Error {
  Errc code = Errc::os;
  std::string message;           // outermost context first, lower case, no full stop
  int sys_errno = 0;             // 0 when no system call was involved
  std::vector<std::string> log;  // compiler diagnostics or verifier lines, whole

  // Adds a fact in front: "attach uprobe libc.so.6:strlen: " + message.
  Error with_context(std::string_view context) && {
    message.insert(0, std::string(context) + ": ");
    return std::move(*this);
  }
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};
using Status = Result<void>;

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> fail(Errc code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message), 0, {}});
}

}  // namespace redbee

// The value of `expr`, or an early return of its error. A GNU statement expression: temporaries of
// `expr` are destroyed before the return. For a Status, TRY(expr) is a statement.
#define TRY(expr)                                                                     \
  ({                                                                                  \
    auto redbee_try_result_ = (expr);                                                 \
    if (!redbee_try_result_) return ::redbee::fail(std::move(redbee_try_result_).error()); \
    ::redbee::detail::unwrap(std::move(redbee_try_result_));                          \
  })

namespace redbee::detail {
template <typename T>
T unwrap(Result<T>&& result) {
  return std::move(*result);
}
inline void unwrap(Status&&) {}
}  // namespace redbee::detail
