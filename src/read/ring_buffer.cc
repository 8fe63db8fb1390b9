// RingBuffer: BPF_MAP_TYPE_RINGBUF, mapped. The kernel maps the data twice, end to end, so no record
// is ever split; positions only grow, on pages of their own.
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <limits>
#include <utility>
#include <vector>

#include "redbee/events.h"
#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/read/waiter.h"

namespace redbee {
namespace {

constexpr uint32_t kHeaderBytes = BPF_RINGBUF_HDR_SZ;

size_t page_bytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }
uint64_t round_up_8(uint64_t n) { return (n + 7) & ~uint64_t{7}; }

class Ring {
 public:
  static Result<Ring> map(const Map& map, int source);
  Ring(Ring&& other) noexcept
      : source_(other.source_),
        data_bytes_(other.data_bytes_),
        consumer_(std::exchange(other.consumer_, nullptr)),
        producer_(std::exchange(other.producer_, nullptr)) {}
  ~Ring() {
    if (consumer_) munmap(consumer_, page_bytes());
    if (producer_) munmap(producer_, page_bytes() + 2 * data_bytes_);
  }

  uint64_t unread_bytes() const { return produced() - *consumer_; }
  size_t drain(size_t limit, FunctionRef<void(const EventRecord&)> on_record);

 private:
  Ring(int source, size_t bytes, uint64_t* consumer, uint64_t* producer)
      : source_(source), data_bytes_(bytes), consumer_(consumer), producer_(producer) {}
  uint64_t produced() const { return __atomic_load_n(producer_, __ATOMIC_ACQUIRE); }
  std::byte* data() const { return reinterpret_cast<std::byte*>(producer_) + page_bytes(); }

  int source_;
  size_t data_bytes_;
  uint64_t* consumer_;   // our position
  uint64_t* producer_;   // the kernel's, read-only, followed by the data
};

Result<Ring> Ring::map(const Map& map, int source) {
  size_t bytes = map.info().max_entries, page = page_bytes();
  void* consumer = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, map.fd(), 0);
  if (consumer == MAP_FAILED) return os_error(cat("map ring buffer ", map.name()));
  void* producer = mmap(nullptr, page + 2 * bytes, PROT_READ, MAP_SHARED, map.fd(), static_cast<off_t>(page));
  if (producer == MAP_FAILED) {
    int error = errno;
    munmap(consumer, page);
    return os_error(cat("map ring buffer ", map.name()), error);
  }
  return Ring(source, bytes, static_cast<uint64_t*>(consumer), static_cast<uint64_t*>(producer));
}

size_t Ring::drain(size_t limit, FunctionRef<void(const EventRecord&)> on_record) {
  uint64_t end = produced(), position = *consumer_;
  size_t delivered = 0;
  while (position < end && delivered < limit) {
    std::byte* header = data() + (position & (data_bytes_ - 1));
    uint32_t length = __atomic_load_n(reinterpret_cast<uint32_t*>(header), __ATOMIC_ACQUIRE);
    if (length & BPF_RINGBUF_BUSY_BIT) break;   // still being written; those behind it wait too
    uint32_t size = length & ~BPF_RINGBUF_DISCARD_BIT;
    if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
      on_record({.cpu = -1, .source = source_, .data = {header + kHeaderBytes, size}});
      delivered++;
    }
    position += round_up_8(uint64_t{size} + kHeaderBytes);
    __atomic_store_n(consumer_, position, __ATOMIC_RELEASE);
  }
  return delivered;
}

}  // namespace

struct RingBuffer::State {
  std::vector<Ring> rings;
  Waiter waiter;
  size_t next_ring = 0;

  explicit State(Waiter w) : waiter(std::move(w)) {}
};

Result<RingBuffer> RingBuffer::open(const Map& map) {
  RingBuffer buffer(std::make_unique<State>(TRY(Waiter::create())));
  TRY(buffer.add(map));
  return buffer;
}

RingBuffer::RingBuffer(std::unique_ptr<State> state) : state_(std::move(state)) {}
RingBuffer::RingBuffer(RingBuffer&&) noexcept = default;
RingBuffer& RingBuffer::operator=(RingBuffer&&) noexcept = default;
RingBuffer::~RingBuffer() = default;

Status RingBuffer::add(const Map& map) {
  if (map.info().type != BPF_MAP_TYPE_RINGBUF) {
    return fail(Errc::invalid_argument, cat("map ", map.name(), " is no ring buffer (BPF_RINGBUF_OUTPUT)"));
  }
  Ring ring = TRY(Ring::map(map, static_cast<int>(state_->rings.size())));
  TRY(state_->waiter.add(map.fd()));
  state_->rings.push_back(std::move(ring));
  return {};
}

Result<bool> RingBuffer::wait(int timeout_ms) { return state_->waiter.wait(timeout_ms); }

size_t RingBuffer::drain(FunctionRef<void(const EventRecord&)> on_record) {
  return drain_some(std::numeric_limits<size_t>::max(), on_record);
}

size_t RingBuffer::drain_some(size_t limit, FunctionRef<void(const EventRecord&)> on_record) {
  size_t delivered = 0, count = state_->rings.size();
  for (size_t i = 0; i < count && delivered < limit; i++) {
    delivered += state_->rings[(state_->next_ring + i) % count].drain(limit - delivered, on_record);
  }
  state_->next_ring = (state_->next_ring + 1) % count;
  return delivered;
}

uint64_t RingBuffer::unread_bytes() const {
  uint64_t total = 0;
  for (const Ring& ring : state_->rings) total += ring.unread_bytes();
  return total;
}

void RingBuffer::stop() { state_->waiter.stop(); }
void RingBuffer::resume() { state_->waiter.resume(); }
int RingBuffer::epoll_fd() const { return state_->waiter.epoll_fd(); }

}  // namespace redbee
