#include "src/read/perf_ring.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee {
namespace {

#ifndef PERF_FORMAT_LOST
constexpr uint64_t PERF_FORMAT_LOST = 1 << 4;   // Linux 6.0
#endif

size_t page_bytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

perf_event_attr attributes_of(const PerfBufferOptions& options, bool counts_losses) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_BPF_OUTPUT;
  attributes.sample_type = PERF_SAMPLE_RAW;
  attributes.sample_period = 1;
  attributes.wakeup_events = options.wakeup_events;
  if (counts_losses) attributes.read_format = PERF_FORMAT_LOST;
  return attributes;
}

int open_event(int cpu, const PerfBufferOptions& options, bool counts_losses) {
  perf_event_attr attributes = attributes_of(options, counts_losses);
  return static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}

}  // namespace

Result<PerfRing> PerfRing::open(int cpu, const PerfBufferOptions& options) {
  bool counts_losses = true;
  int fd = open_event(cpu, options, true);
  if (fd < 0 && errno == EINVAL) {
    counts_losses = false;
    fd = open_event(cpu, options, false);
  }
  if (fd < 0) return os_error(cat("open perf buffer on CPU ", cpu));
  UniqueFd event(fd);
  size_t data_bytes = options.pages * page_bytes();
  void* memory = mmap(nullptr, page_bytes() + data_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, event.get(), 0);
  if (memory == MAP_FAILED) {
    int error = errno;
    std::string hint = error == EPERM ? " (locked memory: raise ulimit -l or perf_event_mlock_kb, or use fewer pages)" : "";
    return os_error(cat("map ", options.pages, " pages of perf buffer on CPU ", cpu, hint), error);
  }
  return PerfRing(cpu, std::move(event), memory, data_bytes, counts_losses);
}

PerfRing::PerfRing(int cpu, UniqueFd event, void* memory, size_t bytes, bool counts_losses)
    : cpu_(cpu), event_(std::move(event)), memory_(memory), data_bytes_(bytes), counts_losses_(counts_losses), owner_(getpid()) {}

PerfRing::PerfRing(PerfRing&& other) noexcept
    : cpu_(other.cpu_),
      event_(std::move(other.event_)),
      memory_(std::exchange(other.memory_, nullptr)),
      data_bytes_(other.data_bytes_),
      counts_losses_(other.counts_losses_),
      owner_(other.owner_),
      lost_seen_(other.lost_seen_) {}

// The kernel does not copy this mapping to a forked child, which may have something else there.
PerfRing::~PerfRing() {
  if (memory_ && getpid() == owner_) munmap(memory_, page_bytes() + data_bytes_);
}

Status PerfRing::enable() {
  if (ioctl(event_.get(), PERF_EVENT_IOC_ENABLE, 0) < 0) return os_error(cat("enable perf buffer on CPU ", cpu_));
  return {};
}

bool PerfRing::has_records() const {
  auto* control = static_cast<perf_event_mmap_page*>(memory_);
  return __atomic_load_n(&control->data_head, __ATOMIC_ACQUIRE) != control->data_tail;
}

const std::byte* PerfRing::record_at(uint64_t position, size_t size) {
  const std::byte* data = static_cast<std::byte*>(memory_) + page_bytes();
  size_t start = position & (data_bytes_ - 1), until_end = data_bytes_ - start;
  if (size <= until_end) return data + start;
  wrapped_.resize(size);
  memcpy(wrapped_.data(), data + start, until_end);
  memcpy(wrapped_.data() + until_end, data, size - until_end);
  return wrapped_.data();
}

// False for a record that was no sample.
bool PerfRing::handle(const std::byte* record, const perf_event_header& header,
                      FunctionRef<void(const EventRecord&)> on_record, FunctionRef<void(int, uint64_t)> on_lost) {
  const std::byte* body = record + sizeof header;
  if (header.type == PERF_RECORD_SAMPLE) {
    uint32_t size;
    memcpy(&size, body, sizeof size);
    on_record({.cpu = cpu_, .source = 0, .data = {body + sizeof size, size}});
    return true;
  }
  if (header.type == PERF_RECORD_LOST) {
    uint64_t id_and_count[2];
    memcpy(id_and_count, body, sizeof id_and_count);
    lost_seen_ += id_and_count[1];
    if (on_lost) on_lost(cpu_, id_and_count[1]);
  }
  return false;
}

size_t PerfRing::drain(size_t limit, FunctionRef<void(const EventRecord&)> on_record,
                       FunctionRef<void(int, uint64_t)> on_lost) {
  auto* control = static_cast<perf_event_mmap_page*>(memory_);
  uint64_t head = __atomic_load_n(&control->data_head, __ATOMIC_ACQUIRE);
  uint64_t tail = control->data_tail;
  size_t delivered = 0;
  while (tail != head && delivered < limit) {
    perf_event_header header;
    memcpy(&header, record_at(tail, sizeof header), sizeof header);
    if (header.size == 0) break;   // never written by the kernel; would loop for ever
    delivered += handle(record_at(tail, header.size), header, on_record, on_lost);
    tail += header.size;
    __atomic_store_n(&control->data_tail, tail, __ATOMIC_RELEASE);
  }
  return delivered;
}

uint64_t PerfRing::lost() const {
  if (!counts_losses_) return lost_seen_;
  uint64_t value_and_lost[2];
  if (read(event_.get(), value_and_lost, sizeof value_and_lost) != sizeof value_and_lost) return lost_seen_;
  return value_and_lost[1];
}

}  // namespace redbee
