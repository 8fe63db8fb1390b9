#include <bpf/bpf.h>
#include <unistd.h>

#include <bit>
#include <cstddef>
#include <limits>
#include <vector>

#include "redbee/events.h"
#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/read/perf_ring.h"
#include "src/read/waiter.h"

namespace redbee {

struct PerfBuffer::State {
  int map_fd;
  std::vector<PerfRing> rings;
  Waiter waiter;
  size_t next_ring = 0;         // where the next drain begins, so that a limit starves no CPU
  bool has_left_over = false;   // a limited drain left records: the kernel will not wake us for them

  pid_t owner = getpid();       // the map is shared with a forked child, whose copy of this dies too

  State(int fd, Waiter w) : map_fd(fd), waiter(std::move(w)) {}
  ~State() {
    if (getpid() != owner) return;
    for (const PerfRing& ring : rings) {
      int cpu = ring.cpu();
      bpf_map_delete_elem(map_fd, &cpu);
    }
  }

  Status add_cpu(int cpu, const PerfBufferOptions& options);
  bool has_records() const;
};

Status PerfBuffer::State::add_cpu(int cpu, const PerfBufferOptions& options) {
  PerfRing ring = TRY(PerfRing::open(cpu, options));
  int fd = ring.fd();
  if (bpf_map_update_elem(map_fd, &cpu, &fd, BPF_ANY) < 0) return os_error(cat("put perf buffer of CPU ", cpu, " into its map"));
  TRY(ring.enable());
  TRY(waiter.add(fd));
  rings.push_back(std::move(ring));
  return {};
}

bool PerfBuffer::State::has_records() const {
  for (const PerfRing& ring : rings) {
    if (ring.has_records()) return true;
  }
  return false;
}

Result<PerfBuffer> PerfBuffer::open(const Map& map, const PerfBufferOptions& options) {
  if (map.info().type != BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
    return fail(Errc::invalid_argument, cat("map ", map.name(), " is no perf buffer (BPF_PERF_OUTPUT)"));
  }
  if (!std::has_single_bit(options.pages)) {
    return fail(Errc::invalid_argument, cat("perf buffer of ", options.pages, " pages: must be a power of two"));
  }
  auto state = std::make_unique<State>(map.fd(), TRY(Waiter::create()));
  for (int cpu : TRY(online_cpus())) {
    if (static_cast<uint32_t>(cpu) >= map.info().max_entries) break;
    TRY(state->add_cpu(cpu, options));
  }
  return PerfBuffer(std::move(state));
}

PerfBuffer::PerfBuffer(std::unique_ptr<State> state) : state_(std::move(state)) {}
PerfBuffer::PerfBuffer(PerfBuffer&&) noexcept = default;
PerfBuffer& PerfBuffer::operator=(PerfBuffer&&) noexcept = default;
PerfBuffer::~PerfBuffer() = default;

Result<bool> PerfBuffer::wait(int timeout_ms) {
  if (state_->has_left_over) return true;
  if (TRY(state_->waiter.wait(timeout_ms))) return true;
  return state_->has_records();   // fewer than wakeup_events
}

size_t PerfBuffer::drain(FunctionRef<void(const EventRecord&)> on_record, FunctionRef<void(int, uint64_t)> on_lost) {
  return drain_some(std::numeric_limits<size_t>::max(), on_record, on_lost);
}

size_t PerfBuffer::drain_some(size_t limit, FunctionRef<void(const EventRecord&)> on_record,
                              FunctionRef<void(int, uint64_t)> on_lost) {
  size_t delivered = 0, count = state_->rings.size();
  for (size_t i = 0; i < count && delivered < limit; i++) {
    PerfRing& ring = state_->rings[(state_->next_ring + i) % count];
    delivered += ring.drain(limit - delivered, on_record, on_lost);
  }
  if (count) state_->next_ring = (state_->next_ring + 1) % count;
  state_->has_left_over = delivered >= limit && state_->has_records();
  return delivered;
}

uint64_t PerfBuffer::lost() const {
  uint64_t total = 0;
  for (const PerfRing& ring : state_->rings) total += ring.lost();
  return total;
}

void PerfBuffer::stop() { state_->waiter.stop(); }
void PerfBuffer::resume() { state_->waiter.resume(); }
int PerfBuffer::epoll_fd() const { return state_->waiter.epoll_fd(); }

}  // namespace redbee
