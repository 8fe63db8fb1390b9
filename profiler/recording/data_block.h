// The content of a data block: what is new in the tables since the block before, then samples.
//
//   content = first string id, count, text*
//             first frame id,  count, {kind, method, label, base_label, path, line}*
//             first stack id,  count, {own id - caller's id, frame id}*
//             first thread id, count, {pid, tid, name, fiber, ractor}*
//             time of the first sample, count,
//             {time since the one before, thread, stack, event, status, cpu, weight}*
//
// All LEB128 numbers; line and time difference zigzag. String 0 is "" and stack 0 the empty stack:
// neither is written.
#pragma once

#include <cstdint>

#include "profiler/recording/bytes.h"
#include "profiler/recording/recording.h"

namespace redbee::profiler {

// Deeper than Ruby's own limit of the VM stack allows (about 12,000 frames by default).
inline constexpr uint32_t kMaxStackDepth = 32768;
inline constexpr size_t kMaxTextBytes = 64 << 10;
inline constexpr StringId kFirstStringId = 1;
inline constexpr StackId kFirstStackId = 1;

// One table's new entries.
struct PendingTable {
  uint32_t first_id = 0;
  uint32_t count = 0;
  ByteWriter entries;

  void append_to(ByteWriter& out) const {
    out.number(first_id);
    out.number(count);
    out.raw(entries.bytes());
  }
  void restart(uint32_t next_id) {
    first_id = next_id;
    count = 0;
    entries.clear();
  }
};

}  // namespace redbee::profiler
