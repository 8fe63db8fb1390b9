#include "profiler/unwind/host_walk.h"

#include <vector>

namespace {
// Every frame is new to the host's walk: one entry, that no tag matches.
thread_local rb_seen never_seen = {};
}  // namespace

#include "profiler/unwind/ruby_names.h"

static inline rb_seen* rb_seen_entry(uint32_t) {
  never_seen = {};
  return &never_seen;
}

namespace redbee::profiler {
namespace {

long read_memory(void* self, void* destination, uint32_t size, uint64_t address) {
  return static_cast<const Memory*>(self)->read(address, destination, size) ? 0 : -1;
}

rb_host_memory host_memory(const Memory& memory) {
  return {read_memory, const_cast<Memory*>(&memory)};
}

}  // namespace

uint64_t find_execution_context(const Memory& memory, const rb_process& process,
                                uint64_t thread_pointer) {
  const rb_host_memory host = host_memory(memory);
  return rb_find_ec(&host, &process, thread_pointer);
}

HostStack walk_stack(const Memory& memory, const rb_process& process, uint64_t thread_pointer) {
  const rb_host_memory host = host_memory(memory);
  HostStack stack{std::make_unique<rb_slot>(), {}};
  rb_slot* slot = stack.slot.get();
  slot->process = process;
  if (!rb_begin_stack(&host, slot, thread_pointer)) return stack;
  for (int chunk = 0; chunk <= RB_MAX_FRAMES / RB_CHUNK_FRAMES; ++chunk) {
    const uint32_t frames = rb_read_chunk(&host, slot);
    uint32_t done = 0;
    while (done < frames && rb_walk_frame(&host, slot, done)) {
      ++done;
      for (uint32_t i = 0; i < slot->unnamed_count; ++i) {
        if (!slot->unnamed[i].pc) continue;  // C methods are read as well from memory
        if (rb_name_frame(&host, slot, &slot->unnamed[i]) == rb_name_is_new) stack.names.push_back(slot->name);
      }
      slot->unnamed_count = 0;
    }
    if (done < RB_CHUNK_FRAMES) break;
  }
  return stack;
}

}  // namespace redbee::profiler
