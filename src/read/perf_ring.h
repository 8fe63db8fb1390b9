// PerfRing: one CPU's ring of a perf buffer, shared with the kernel.
//
// The kernel writes records and moves data_head; we read up to it and move data_tail. A record may
// wrap around the end of the ring; then it is copied together. Positions only grow.
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "redbee/events.h"
#include "redbee/result.h"
#include "src/base/unique_fd.h"

namespace redbee {

class PerfRing {
 public:
  static Result<PerfRing> open(int cpu, const PerfBufferOptions& options);
  PerfRing(PerfRing&& other) noexcept;
  PerfRing& operator=(PerfRing&&) = delete;
  ~PerfRing();

  int cpu() const { return cpu_; }
  int fd() const { return event_.get(); }
  bool has_records() const;
  // At most `limit` of the records there now. The space of each is free again after its callback.
  size_t drain(size_t limit, FunctionRef<void(const EventRecord&)> on_record, FunctionRef<void(int, uint64_t)> on_lost);
  uint64_t lost() const;
  Status enable();

 private:
  PerfRing(int cpu, UniqueFd event, void* memory, size_t bytes, bool counts_losses);
  const std::byte* record_at(uint64_t position, size_t size);
  bool handle(const std::byte* record, const perf_event_header& header, FunctionRef<void(const EventRecord&)> on_record,
              FunctionRef<void(int, uint64_t)> on_lost);

  int cpu_;
  UniqueFd event_;
  void* memory_;             // control page, then the data
  size_t data_bytes_;        // a power of two
  bool counts_losses_;       // the kernel does: PERF_FORMAT_LOST
  pid_t owner_;              // the process that mapped it
  uint64_t lost_seen_ = 0;   // by PERF_RECORD_LOST
  std::vector<std::byte> wrapped_;
};

}  // namespace redbee
