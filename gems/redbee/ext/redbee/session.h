// Redbee::Session: one compiled program in the kernel, for Ruby. The Ruby objects made from it (maps,
// readers, links) share it, because Ruby frees objects that die together in no order; close() ends
// it for all of them, and what is used after that raises.
#pragma once

#include <ruby.h>

#include <memory>
#include <optional>
#include <vector>

#include "redbee/object.h"

namespace redbee::ruby {

struct Reader;

struct Session {
  std::optional<Object> object;    // empty: closed
  std::vector<Reader*> readers;    // open ones; they must die before the object

  void close();
};

// Raises RuntimeError when it was closed.
Object& open_object(Session& session);
std::shared_ptr<Session> session_of(VALUE object);

void session_init(VALUE redbee);

}  // namespace redbee::ruby
