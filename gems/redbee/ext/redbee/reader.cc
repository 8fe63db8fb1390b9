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
  return sizeof(Reader) + reader->bytes.capacity() + reader->pending.capacity() * sizeof(Reader::Pending);
}

const rb_data_type_t reader_type = {"Redbee::Reader",
                                    {mark, release, reader_bytes, nullptr, {}},
                                    nullptr,
                                    nullptr,
                                    RUBY_TYPED_FREE_IMMEDIATELY};

Reader& reader_of(VALUE object) { return *static_cast<Reader*>(rb_check_typeddata(object, &reader_type)); }

// -- out of the rings -----------------------------------------------------------------------------

void keep(Reader& reader, const EventRecord& record) {
  reader.pending.push_back({record.cpu, static_cast<uint32_t>(record.data.size()), reader.bytes.size()});
  reader.bytes.insert(reader.bytes.end(), record.data.begin(), record.data.end());
}

// Copies the next records; returns how many.
size_t copy_batch(Reader& reader) {
  if (reader.next == reader.pending.size()) {
    reader.pending.clear();
    reader.bytes.clear();
    reader.next = 0;
  }
  auto on_record = [&](const EventRecord& record) { keep(reader, record); };
  if (reader.ring) return reader.ring->drain_some(kBatch, on_record);
  if (!reader.perf) return 0;
  return reader.perf->drain_some(kBatch, on_record, [&](int cpu, uint64_t count) {
    reader.pending.push_back({cpu, Reader::kLost, count});
  });
}

// -- to the block ---------------------------------------------------------------------------------

VALUE data_of(const Reader& reader, const Reader::Pending& record) {
  // The kernel pads records; scripts that read data[0, n] a little too far must find zeroes.
  VALUE data = memory_new(record.size, Qnil, 8);
  std::memcpy(memory_of(data).bytes, reader.bytes.data() + record.offset, record.size);
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
  while (reader.is_open() && reader.next < reader.pending.size()) {
    Reader::Pending record = reader.pending[reader.next];
    if (record.size == Reader::kLost) {
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

long read_available(Reader& reader) {
  long count = 0;
  if (!hand_out(reader, count)) return count;
  for (int batch = 0; batch < kBatchesAPoll && reader.is_open(); ++batch) {
    size_t copied = 0;
    guard([&]() -> Result<VALUE> {
      copied = copy_batch(reader);
      return Qnil;
    });
    if (!hand_out(reader, count) || copied < kBatch) break;
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

long collect_descriptors(VALUE readers, pollfd* descriptors) {
  long count = 0;
  for (long i = 0; i < RARRAY_LEN(readers) && count < kMostReaders; ++i) {
    Reader& reader = reader_of(rb_ary_entry(readers, i));
    if (!reader.is_open()) continue;
    descriptors[count++] = {reader.perf ? reader.perf->epoll_fd() : reader.ring->epoll_fd(), POLLIN, 0};
  }
  return count;
}

// Signals, Thread#kill and Timeout end poll(2) early; what they want is done by check_ints.
bool wait_for_records(VALUE readers, int timeout_ms) {
  pollfd descriptors[kMostReaders];
  Wait wait{descriptors, static_cast<nfds_t>(collect_descriptors(readers, descriptors)), timeout_ms};
  rb_thread_call_without_gvl(wait_without_gvl, &wait, RUBY_UBF_IO, nullptr);
  rb_thread_check_ints();
  return std::any_of(descriptors, descriptors + wait.count, [](const pollfd& p) { return p.revents != 0; });
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
    return self;
  });
}

VALUE close(VALUE self) {
  reader_of(self).close();
  return Qnil;
}

VALUE lost(VALUE self) {
  Reader& reader = reader_of(self);
  return ULL2NUM(reader.perf ? reader.perf->lost() : 0);
}

VALUE descriptor(VALUE self) {
  Reader& reader = reader_of(self);
  if (!reader.is_open()) rb_raise(rb_eIOError, "this reader was closed");
  return INT2FIX(reader.perf ? reader.perf->epoll_fd() : reader.ring->epoll_fd());
}

}  // namespace

void Reader::close() {
  perf.reset();
  ring.reset();
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
