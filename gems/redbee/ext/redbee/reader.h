// Redbee::Reader: a perf buffer or a ring buffer that hands its records to a block.
//
// Records are first copied out of the kernel's rings, up to a limit, then handed to the block in one
// go under the GVL. So no core code is on the stack when the block runs: it may raise, break, be
// killed or poll again; records it did not get yet stay for the next poll.
#pragma once

#include <ruby.h>

#include <memory>
#include <optional>
#include <vector>

#include "redbee/events.h"
#include "session.h"

namespace redbee::ruby {

struct Reader {
  struct Pending {
    int cpu;
    uint32_t size;       // kLost: `offset` is the number of records lost
    uint64_t offset;     // in `bytes`
  };
  static constexpr uint32_t kLost = UINT32_MAX;

  std::shared_ptr<Session> session;
  std::optional<PerfBuffer> perf;
  std::optional<RingBuffer> ring;
  VALUE block = Qnil;
  VALUE on_lost = Qnil;
  VALUE context = Qnil;          // ring buffers: the block's first argument
  std::vector<Pending> pending;
  std::vector<std::byte> bytes;
  size_t next = 0;               // first of `pending` not yet handed out

  ~Reader();
  bool is_open() const { return perf || ring; }
  void close();
};

void reader_init(VALUE redbee);

}  // namespace redbee::ruby
