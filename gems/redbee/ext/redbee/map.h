// Redbee::Map: a BPF map as Ruby sees it. Keys and leaves are Redbee::Memory; keys that scripts pass
// may be Integers or anything pointer.h takes.
#pragma once

#include <ruby.h>

#include <memory>
#include <optional>
#include <vector>

#include "redbee/map.h"
#include "session.h"

namespace redbee::ruby {

struct MapHandle {
  std::shared_ptr<Session> session;   // one of these two owns it
  std::optional<PinnedMap> pinned;
  std::optional<Map> map;
  VALUE key_type = Qnil;
  VALUE leaf_type = Qnil;
  size_t key_size = 0;                // what a key's Memory says; its bytes are the kernel's
  size_t leaf_size = 0;
  std::vector<std::byte> key_bytes;   // scratch for what goes to the kernel
  std::vector<std::byte> leaf_bytes;
};

VALUE map_new(std::shared_ptr<Session> session, const Map& map, VALUE layouts);
// Raises when the session was closed.
const Map& map_of(VALUE object);

void map_init(VALUE redbee);

}  // namespace redbee::ruby
