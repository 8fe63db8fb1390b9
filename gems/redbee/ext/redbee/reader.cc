#include "reader.h"

#include <poll.h>
#include <ruby/io.h>
#include <ruby/thread.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "guard.h"
#include "map.h"
#include "memory.h"

namespace redbee::ruby {
namespace {

using Clock = std::chrono::steady_clock;

// Records copied before the block sees them: enough to make the copying cheap, few enough to stay in
// the cache (4096 records of 32 bytes are 128 KB).
constexpr size_t kBatch = 4096;
// What is read ahead and not yet asked for. When it is that much, losses begin, and are told.
constexpr size_t kMostAhead = 64u << 20;
// A producer that is faster than the block must not keep one poll from returning.
constexpr int kBatchesAPoll = 64;

VALUE reader_class = Qnil;
ID id_call;

void mark(void* data) {
  auto* reader = static_cast<Reader*>(data);
  rb_gc_mark(reader->block);
  rb_gc_mark(reader->on_lost);
  rb_gc_mark(reader->context);
}

void release(void* data) { delete static_cast<Reader*>(data); }

size_t reader_bytes(const void* data) {
  auto* reader = static_cast<const Reader*>(data);
  return sizeof(Reader) + reader->handing_out.bytes.capacity() +
         reader->handing_out.entries.capacity() * sizeof(Batch::Entry);
}

const rb_data_type_t reader_type = {"Redbee::Reader",
                                    {mark, release, reader_bytes, nullptr, {}},
                                    nullptr,
                                    nullptr,
                                    RUBY_TYPED_FREE_IMMEDIATELY};

Reader& reader_of(VALUE object) { return *static_cast<Reader*>(rb_check_typeddata(object, &reader_type)); }

// -- out of the rings -----------------------------------------------------------------------------

// Moves the next records into `arrived`; returns how many. Under the lock.
size_t drain(Reader& reader) {
  auto on_record = [&](const EventRecord& record) { reader.arrived.add(record); };
  if (reader.ring) return reader.ring->drain_some(kBatch, on_record);
  return reader.perf->drain_some(kBatch, on_record,
                                 [&](int cpu, uint64_t count) { reader.arrived.add_loss(cpu, count); });
}

size_t drain_ahead(Reader& reader) {
  size_t all = 0, moved = kBatch;
  while (moved == kBatch && reader.arrived.bytes.size() < kMostAhead) all += moved = drain(reader);
  return all;
}

// After fork, a reader is its parent's: two that read one ring would each get a part of its records.
// When the parent has ended, the child takes a ring buffer over; a perf buffer's mapping it never had.
Status take_over(Reader& reader) {
  if (reader.ahead->is_here()) return {};
  if (reader.perf || !reader.ahead->is_orphaned()) {
    return fail(Errc::invalid_argument, std::string(reader.perf ? "this perf buffer" : "this ring buffer") +
                                            " was opened before fork; open it in the process that polls");
  }
  if (reader.ahead->was_interrupted()) {
    (void)new Batch(std::move(reader.arrived));   // half changed: not to be read, nor freed
    reader.arrived = Batch();
  }
  reader.start();
  return {};
}

// Everything that has arrived becomes `handing_out`, which must have been handed out; returns how many
// entries that are.
Result<size_t> take_arrived(Reader& reader) {
  reader.handing_out.clear();
  reader.next = 0;
  if (!reader.is_open()) return size_t{0};
  auto lock = reader.ahead->lock();
  drain(reader);
  std::swap(reader.arrived, reader.handing_out);
  return reader.handing_out.entries.size();
}

// -- to the block ---------------------------------------------------------------------------------

VALUE data_of(const Reader& reader, const Batch::Entry& record) {
  // The kernel pads records; scripts that read data[0, n] a little too far must find zeroes.
  VALUE data = memory_new(record.size, Qnil, 8);
  std::memcpy(memory_of(data).bytes, reader.handing_out.bytes.data() + record.offset, record.size);
  return data;
}

void report_loss(const Reader& reader, uint64_t count) {
  if (reader.on_lost != Qnil) {
    rb_funcall(reader.on_lost, id_call, 1, ULL2NUM(count));
  } else {
    VALUE text = rb_sprintf("Possibly lost %llu samples", static_cast<unsigned long long>(count));
    rb_io_puts(1, &text, rb_stderr);
  }
}

// What a block returns ends a ring buffer's poll when it is a negative number.
bool is_stop(const Reader& reader, VALUE answer) {
  return reader.ring && FIXNUM_P(answer) && FIX2LONG(answer) < 0;
}

// Plain C: the block may jump out of it at any call, poll again, or close the reader. False when it
// asked to stop.
bool hand_out(Reader& reader, long& count) {
  while (reader.is_open() && reader.next < reader.handing_out.entries.size()) {
    Batch::Entry record = reader.handing_out.entries[reader.next];
    if (record.size == Batch::kLost) {
      ++reader.next;
      report_loss(reader, record.offset);
      continue;
    }
    VALUE first = reader.ring ? reader.context : INT2FIX(record.cpu);
    VALUE arguments[] = {first, data_of(reader, record), UINT2NUM(record.size)};
    ++reader.next;
    ++count;
    if (is_stop(reader, rb_proc_call_with_block(reader.block, 3, arguments, Qnil))) {
      return false;
    }
  }
  return true;
}

void check_process(Reader& reader) {
  if (!reader.is_open() || reader.ahead->is_here()) return;
  guard([&]() -> Result<VALUE> {
    TRY(take_over(reader));
    return Qnil;
  });
}

long read_available(Reader& reader) {
  long count = 0;
  check_process(reader);
  if (!hand_out(reader, count)) return count;
  for (int batch = 0; batch < kBatchesAPoll && reader.is_open(); ++batch) {
    size_t taken = 0;
    guard([&]() -> Result<VALUE> {
      taken = TRY(take_arrived(reader));
      return Qnil;
    });
    if (!hand_out(reader, count) || taken < kBatch) break;
    rb_thread_check_ints();
  }
  return count;
}

// -- waiting --------------------------------------------------------------------------------------

struct Wait {
  pollfd* descriptors;
  nfds_t count;
  int timeout_ms;
};

void* wait_without_gvl(void* argument) {
  auto* wait = static_cast<Wait*>(argument);
  ::poll(wait->descriptors, wait->count, wait->timeout_ms);
  return nullptr;
}

constexpr long kMostReaders = 256;

bool are_all_closed(VALUE readers) {
  for (long i = 0; i < RARRAY_LEN(readers); ++i) {
    if (reader_of(rb_ary_entry(readers, i)).is_open()) return false;
  }
  return RARRAY_LEN(readers) != 0;
}

// The readers that are waited for. Each must hear that the wait is over, and may be closed meanwhile
// by another thread, so it is the Ruby objects that are listed.
struct Waiters {
  VALUE readers[kMostReaders];
  pollfd descriptors[kMostReaders];
  long count = 0;
  bool has_records = false;   // somebody read ahead: there is nothing to wait for

  void begin(VALUE all) {
    for (long i = 0; i < RARRAY_LEN(all) && count < kMostReaders && !has_records; ++i) {
      Reader& reader = reader_of(rb_ary_entry(all, i));
      if (!reader.is_open()) continue;
      has_records = !reader.ahead->begin_wait([&] { return reader.arrived.entries.empty(); });
      if (has_records) continue;
      readers[count] = rb_ary_entry(all, i);
      descriptors[count] = {reader.perf ? reader.perf->epoll_fd() : reader.ring->epoll_fd(), POLLIN, 0};
      ++count;
    }
  }

  void end() {
    for (long i = 0; i < count; ++i) {
      Reader& reader = reader_of(readers[i]);
      if (reader.ahead) reader.ahead->end_wait();
    }
  }
};

// Signals, Thread#kill and Timeout end poll(2) early; what they want is done by check_ints.
void wait_for_records(VALUE all, int timeout_ms) {
  Waiters waiters;
  waiters.begin(all);
  if (!waiters.has_records) {
    Wait wait{waiters.descriptors, static_cast<nfds_t>(waiters.count), timeout_ms};
    rb_nogvl(wait_without_gvl, &wait, RUBY_UBF_IO, nullptr, RB_NOGVL_INTR_FAIL);
  }
  waiters.end();
  rb_thread_check_ints();
}

long read_all(VALUE readers) {
  long count = 0;
  for (long i = 0; i < RARRAY_LEN(readers); ++i) count += read_available(reader_of(rb_ary_entry(readers, i)));
  return count;
}

// Redbee.poll(readers, timeout_ms) → how many records the blocks got.
VALUE poll_readers(VALUE, VALUE readers, VALUE timeout) {
  Check_Type(readers, T_ARRAY);
  int timeout_ms = NUM2INT(timeout);
  Clock::time_point end = Clock::now() + std::chrono::milliseconds(std::max(timeout_ms, 0));
  for (;;) {
    long count = read_all(readers);
    if (count != 0 || timeout_ms == 0 || are_all_closed(readers)) return LONG2NUM(count);
    int left = -1;
    if (timeout_ms > 0) {
      left = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count());
      if (left <= 0) return INT2FIX(0);
    }
    wait_for_records(readers, left);
  }
}

// -- opening --------------------------------------------------------------------------------------

VALUE wrap(const std::shared_ptr<Session>& session) {
  auto* reader = new Reader;
  reader->session = session;
  VALUE object = TypedData_Wrap_Struct(reader_class, &reader_type, reader);
  session->readers.push_back(reader);
  return object;
}

// Reader.perf(session, map, pages, block, on_lost)
VALUE open_perf(VALUE, VALUE session, VALUE map, VALUE pages, VALUE block, VALUE on_lost) {
  uint32_t page_count = NUM2UINT(pages);
  const Map& events = map_of(map);
  return guard([&]() -> Result<VALUE> {
    PerfBuffer buffer = TRY(PerfBuffer::open(events, {.pages = page_count}));
    VALUE self = protect([&] { return wrap(session_of(session)); });
    Reader& reader = reader_of(self);
    reader.perf = std::move(buffer);
    reader.block = block;
    reader.on_lost = on_lost;
    reader.start();
    return self;
  });
}

// Reader.ring(session, map, context, block)
VALUE open_ring(VALUE, VALUE session, VALUE map, VALUE context, VALUE block) {
  const Map& events = map_of(map);
  return guard([&]() -> Result<VALUE> {
    RingBuffer buffer = TRY(RingBuffer::open(events));
    VALUE self = protect([&] { return wrap(session_of(session)); });
    Reader& reader = reader_of(self);
    reader.ring = std::move(buffer);
    reader.context = context;
    reader.block = block;
    reader.start();
    return self;
  });
}

VALUE close(VALUE self) {
  reader_of(self).close();
  return Qnil;
}

VALUE lost(VALUE self) {
  Reader& reader = reader_of(self);
  if (!reader.perf) return INT2FIX(0);
  uint64_t count = 0;
  {
    auto lock = reader.ahead->lock();
    count = reader.perf->lost();
  }
  return ULL2NUM(count);
}

VALUE descriptor(VALUE self) {
  Reader& reader = reader_of(self);
  if (!reader.is_open()) rb_raise(rb_eIOError, "this reader was closed");
  return INT2FIX(reader.perf ? reader.perf->epoll_fd() : reader.ring->epoll_fd());
}

}  // namespace

void Batch::add(const EventRecord& record) {
  entries.push_back({record.cpu, static_cast<uint32_t>(record.data.size()), bytes.size()});
  bytes.insert(bytes.end(), record.data.begin(), record.data.end());
}

// Keeps its memory for the next records, but not that of a rare burst.
void Batch::clear() {
  constexpr size_t kKept = 4u << 20;
  if (bytes.capacity() > kKept) *this = Batch();
  entries.clear();
  bytes.clear();
}

void Reader::start() {
  ahead = std::make_unique<ReadAhead>([this] { return drain_ahead(*this); });
}

void Reader::close_buffers() {
  ahead.reset();
  perf.reset();
  ring.reset();
}

void Reader::close() {
  close_buffers();
  if (session != nullptr) std::erase(session->readers, this);
  session.reset();
}

Reader::~Reader() { close(); }

void reader_init(VALUE redbee) {
  id_call = rb_intern("call");
  reader_class = rb_define_class_under(redbee, "Reader", rb_cObject);
  rb_gc_register_mark_object(reader_class);
  rb_undef_alloc_func(reader_class);
  rb_define_singleton_method(reader_class, "perf", open_perf, 5);
  rb_define_singleton_method(reader_class, "ring", open_ring, 4);
  rb_define_method(reader_class, "close", close, 0);
  rb_define_method(reader_class, "lost", lost, 0);
  rb_define_method(reader_class, "fd", descriptor, 0);
  rb_define_module_function(redbee, "poll", poll_readers, 2);
}

}  // namespace redbee::ruby
