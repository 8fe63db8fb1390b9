// Redbee::Reader: a perf buffer or a ring buffer that hands its records to a block.
//
// Records are first copied out of the kernel's rings, by Ruby's thread or, when that is busy, by a
// thread of the reader's own (read_ahead.h); then they are handed to the block in one go under the
// GVL. So no core code is on the stack when the block runs: it may raise, break, be killed or poll
// again; records it did not get yet stay for the next poll.
#pragma once

#include <ruby.h>

#include <memory>
#include <optional>
#include <vector>

#include "read_ahead.h"
#include "redbee/events.h"
#include "session.h"

namespace redbee::ruby {

// Records copied out of the rings.
struct Batch {
  struct Entry {
    int cpu;
    uint32_t size;     // kLost: `offset` is the number of records lost
    uint64_t offset;   // in `bytes`
  };
  static constexpr uint32_t kLost = UINT32_MAX;

  std::vector<Entry> entries;
  std::vector<std::byte> bytes;

  void add(const EventRecord& record);
  void add_loss(int cpu, uint64_t count) { entries.push_back({cpu, kLost, count}); }
  void clear();
};

struct Reader {
  std::shared_ptr<Session> session;
  std::optional<PerfBuffer> perf;
  std::optional<RingBuffer> ring;
  VALUE block = Qnil;
  VALUE on_lost = Qnil;
  VALUE context = Qnil;                // ring buffers: the block's first argument
  Batch arrived;                       // shared with `ahead`: use it under its lock
  Batch handing_out;                   // Ruby's only
  size_t next = 0;                     // first of `handing_out` not yet handed out
  std::unique_ptr<ReadAhead> ahead;    // dies before what it reads

  ~Reader();
  bool is_open() const { return perf || ring; }
  void start();                        // once perf or ring is there
  void close();
  // Leaves the session: called by Session::close, which forgets its readers itself.
  void close_buffers();
};

void reader_init(VALUE redbee);

}  // namespace redbee::ruby
