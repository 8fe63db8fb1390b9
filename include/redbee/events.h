// PerfBuffer and RingBuffer: records that programs send, read in user space.
//
//   PerfBuffer events = TRY(PerfBuffer::open(TRY(object.map("events")), {.pages = 64}));
//   while (running) {
//     if (!TRY(events.wait(100))) continue;                    // no locks held, no GVL needed
//     events.drain([&](const EventRecord& e) { use(e.cpu, e.data); });
//   }
//   print(events.lost());
//
// wait() and drain() belong to one thread; stop() may be called from any thread and from a signal
// handler: wait() then returns at once, now and until resume(). A record's bytes are valid during
// the callback only. The readers must die before the Object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "redbee/function_ref.h"
#include "redbee/map.h"
#include "redbee/result.h"

namespace redbee {

struct EventRecord {
  int cpu = -1;          // perf buffers; -1 for ring buffers
  int source = 0;        // RingBuffer: which of its maps, by order of add()
  // A perf record is padded by the kernel to a multiple of 8 plus 4 bytes and begins 4 bytes off an
  // 8-byte boundary: copy out of it, do not cast. Ring buffer records are exact and aligned to 8.
  Bytes data = {};
};

struct PerfBufferOptions {
  uint32_t pages = 8;            // per CPU, a power of two
  uint32_t wakeup_events = 1;    // records on a CPU before wait() wakes: 1 = at once
};

// A BPF_PERF_OUTPUT (BPF_MAP_TYPE_PERF_EVENT_ARRAY): one ring per online CPU.
class PerfBuffer {
 public:
  static Result<PerfBuffer> open(const Map& map, const PerfBufferOptions& options = {});
  PerfBuffer(PerfBuffer&&) noexcept;
  PerfBuffer& operator=(PerfBuffer&&) noexcept;
  ~PerfBuffer();

  // Waits for records or stop(); negative waits for ever. True when there may be records.
  Result<bool> wait(int timeout_ms);
  // Hands out everything that is there now, CPU by CPU; returns how many records. `on_lost` gets
  // (cpu, records lost) where the kernel noted a loss, in order with the records.
  size_t drain(FunctionRef<void(const EventRecord&)> on_record,
               FunctionRef<void(int, uint64_t)> on_lost = {});
  // As drain(), but stops after the first `limit` records; the rest stay for the next call.
  size_t drain_some(size_t limit, FunctionRef<void(const EventRecord&)> on_record,
                    FunctionRef<void(int, uint64_t)> on_lost = {});
  // Records the kernel could not write because a ring was full, since open(). Exact at any time from
  // Linux 6.0 (PERF_FORMAT_LOST); before, a loss counts once a later record was written and drained.
  uint64_t lost() const;
  void stop();
  void resume();
  int epoll_fd() const;          // readable when wait() would return; for other event loops

 private:
  struct State;
  explicit PerfBuffer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One or more BPF_MAP_TYPE_RINGBUF maps, Linux 5.8.
class RingBuffer {
 public:
  static Result<RingBuffer> open(const Map& map);
  RingBuffer(RingBuffer&&) noexcept;
  RingBuffer& operator=(RingBuffer&&) noexcept;
  ~RingBuffer();

  // Another map; its records carry the next `source` number.
  Status add(const Map& map);
  Result<bool> wait(int timeout_ms);
  size_t drain(FunctionRef<void(const EventRecord&)> on_record);
  size_t drain_some(size_t limit, FunctionRef<void(const EventRecord&)> on_record);
  // Bytes written and not yet read, over all maps. The kernel keeps no count of refused records: a
  // program learns of a full buffer from bpf_ringbuf_output() and must count it itself.
  uint64_t unread_bytes() const;
  void stop();
  void resume();
  int epoll_fd() const;

 private:
  struct State;
  explicit RingBuffer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace redbee
