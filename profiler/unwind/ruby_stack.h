// The walk over one thread's Ruby stack: from the thread pointer to (iseq, pc) pairs.
//
// A thread's execution context says where its control frames are; they lie side by side, the
// innermost first, so 32 of them are read at once. A Ruby frame is told by its iseq and pc, which are
// in the control frame itself; only a C frame needs a second read, for its method entry. All names
// are left to user space but those of frames never seen before: code that lives for a moment (an
// eval'd string) may be gone when user space looks.
//
// Offsets that are the same in every Ruby from 2.6 to 4.0 are constants here; the others come in
// struct rb_process. The attaching side checks the constants against the process's layout.
#pragma once

#include "profiler/unwind/bpf_shim.h"

enum {
  RB_CFP_PC = 0,
  RB_CFP_ISEQ = 16,
  RB_CFP_EP = 32,
  RB_ISEQ_BODY = 16,
  RB_BODY_LOCATION = 64,
  RB_EC_BYTES = 64,          // vm_stack, vm_stack_size, cfp … up to thread_ptr
  RB_MAX_BLOCK_DEPTH = 12,   // blocks inside blocks, on the way to their method
  RB_FRAME_MAGIC_MASK = 0x7fff0001,
  RB_FRAME_MAGIC_CFUNC = 0x55550001,
  RB_ENV_FLAG_LOCAL = 2,
  RB_IMEMO_SVAR = 2,
  RB_IMEMO_METHOD_ENTRY = 6,
};

RB_INLINE uint64_t rb_read_word(rb_memory memory, uint64_t address) {
  uint64_t word = 0;
  rb_read(memory, &word, sizeof word, address);
  return word;
}

// Ruby 2.6 and 2.7 keep the rb_thread_t, not the execution context, per thread.
RB_INLINE uint64_t rb_ec_of_thread(rb_memory memory, const struct rb_process* process,
                                   uint64_t thread) {
  return thread ? rb_read_word(memory, thread + process->thread_ec) : 0;
}

// The global execution context belongs to whoever holds the global lock: it is this thread's only
// where its rb_thread_t names this thread.
RB_INLINE uint64_t rb_ec_if_mine(rb_memory memory, const struct rb_process* process,
                                 uint64_t thread_pointer) {
  uint64_t ec = rb_read_word(memory, process->global_ec);
  if (!ec) return 0;
  uint64_t thread = rb_read_word(memory, ec + process->ec_thread_ptr);
  if (!thread) return 0;
  return rb_read_word(memory, thread + process->thread_pthread) == thread_pointer ? ec : 0;
}

// 0: the thread runs no Ruby.
RB_INLINE uint64_t rb_find_ec(rb_memory memory, const struct rb_process* process,
                              uint64_t thread_pointer) {
  uint64_t block;
  switch (process->ec_location) {
    case rb_ec_at_tls_offset:
      return rb_read_word(memory, thread_pointer + process->tls_offset);
    case rb_ec_in_dtv:
      block = rb_read_word(memory, thread_pointer + 8);
      if (!block) return 0;
      block = rb_read_word(memory, block + 16ULL * process->tls_module);
      if (!block || block == ~0ULL) return 0;  // not allocated in this thread yet
      return rb_read_word(memory, block + process->tls_offset);
    case rb_ec_in_pthread_key:
      return rb_ec_of_thread(memory, process,
                             rb_read_word(memory, thread_pointer + process->pthread_slot));
    case rb_ec_global:
      return rb_ec_if_mine(memory, process, thread_pointer);
  }
  return 0;
}

// The flag is the whole process's. The collector holds the lock of its Ractor (of the VM, up to 2.7), so a
// thread that is not the running one, in a system call say, only waits for it or does not care.
RB_INLINE int rb_is_running(rb_memory memory, const struct rb_process* process, uint64_t ractor, uint64_t ec) {
  if (ractor && process->ractor_running_ec)
    return rb_read_word(memory, ractor + process->ractor_running_ec) == ec;
  return !process->global_ec || rb_read_word(memory, process->global_ec) == ec;
}

// The counts of collections lie close together. Where the minor and the major ones do not add up to all,
// one is being counted just now (or the collector is not Ruby's own): no frame is believed to be old.
RB_INLINE void rb_read_gc_counts(rb_memory memory, struct rb_slot* slot) {
  const struct rb_process* process = &slot->process;
  uint64_t* counts = slot->gc_counts;
  const uint32_t last = RB_GC_COUNTS - 1;
  if (!process->gc_major_words) {
    slot->sample.gc_epoch = (uint32_t)rb_read_word(memory, process->gc_count);
    return;
  }
  if (rb_read(memory, counts, sizeof slot->gc_counts, process->gc_count - 8 * last)) return;
  uint64_t major = counts[(last - process->gc_major_words) & last];
  uint64_t minor = counts[(last - process->gc_major_words - 1) & last];
  slot->sample.gc_epoch = (uint32_t)counts[last];
  slot->gc_major = major;
  slot->knows_gc_major = minor + major == counts[last];
}

RB_INLINE void rb_read_gc_state(rb_memory memory, struct rb_slot* slot, uint64_t ractor, uint64_t ec) {
  const struct rb_process* process = &slot->process;
  uint32_t flags = 0;
  if (process->gc_flags) {
    rb_read(memory, &flags, sizeof flags, process->gc_flags);
    if ((flags & process->during_gc_mask) && rb_is_running(memory, process, ractor, ec))
      slot->sample.flags |= rb_sample_in_gc;
  }
  slot->knows_gc_major = 0;
  if (process->gc_count) rb_read_gc_counts(memory, slot);
}

RB_INLINE uint64_t rb_ractor_of(rb_memory memory, const struct rb_process* process, uint64_t thread) {
  return process->thread_ractor ? rb_read_word(memory, thread + process->thread_ractor) : 0;
}

RB_INLINE uint32_t rb_ractor_id(rb_memory memory, const struct rb_process* process, uint64_t ractor) {
  uint32_t id = 0;
  if (!ractor || rb_read(memory, &id, sizeof id, ractor + process->ractor_id)) return 0;
  return id;
}

// Fills in where the frames are. 1: there is a stack to walk; 0: there is none, sample.status
// says why.
RB_INLINE int rb_begin_stack(rb_memory memory, struct rb_slot* slot, uint64_t thread_pointer) {
  uint64_t context[RB_EC_BYTES / 8];
  const struct rb_process* process = &slot->process;
  slot->sample.status = rb_status_no_ruby;
  uint64_t ec = rb_find_ec(memory, process, thread_pointer);
  if (!ec) return 0;
  slot->sample.status = rb_status_unreadable_thread;
  if (rb_read(memory, context, sizeof context, ec)) return 0;
  slot->sample.thread = process->ec_thread_ptr == 56 ? context[7] : context[6];
  slot->sample.fiber = process->ec_fiber_ptr == 48 ? context[6] : context[5];
  uint64_t ractor = rb_ractor_of(memory, process, slot->sample.thread);
  slot->sample.ractor = rb_ractor_id(memory, process, ractor);
  uint64_t stack = context[0], words = context[1];
  slot->cfp = context[2];
  slot->end = stack + 8 * words - process->cfp_size;  // the outermost frame is a dummy
  slot->sample.status = rb_status_bad_frame_pointer;
  if (slot->cfp < stack || slot->cfp > slot->end) return 0;
  slot->sample.status = rb_status_ok;
  rb_read_gc_state(memory, slot, ractor, ec);
  return 1;
}

// A frame without pc: a C function, whose method entry lies at ep[-2], or one that Ruby's own
// backtraces do not show. 0: not to be shown.
RB_INLINE uint64_t rb_c_method(rb_memory memory, uint64_t ep) {
  uint64_t environment[3];  // me_cref, specval, flags
  if (rb_read(memory, environment, sizeof environment, ep - 16)) return 0;
  if ((environment[2] & RB_FRAME_MAGIC_MASK) != RB_FRAME_MAGIC_CFUNC) return 0;
  return environment[0];
}

// What a frame is remembered by: 48 bits of the frame, 16 of the garbage-collection epoch. Its iseq
// may be freed and the memory used for other code, but only across a collection.
RB_INLINE uint64_t rb_frame_tag(const struct rb_slot* slot, uint64_t iseq, uint64_t pc) {
  uint64_t tag = iseq * 0x9e3779b97f4a7c15ULL ^ pc * 0xc2b2ae3d27d4eb4fULL;
  tag ^= ((uint64_t)slot->sample.generation << 32 | slot->sample.pid) * 0xff51afd7ed558ccdULL;
  return (tag & ~0xffffULL) | (slot->sample.gc_epoch & 0xffff);
}

// How old a frame's code is: 48 bits of the frame, 15 of the number of major collections it was last looked
// at after, and whether only the next one can free it (rb_note_age).
enum { RB_IS_OLD = 0x8000 };
RB_INLINE uint64_t rb_age(const struct rb_slot* slot, uint64_t tag) {
  return (tag & ~0xffffULL) | (slot->gc_major & (RB_IS_OLD - 1));
}

// Supplied by the including program: an entry of the table of frames seen, or null.
RB_INLINE struct rb_seen* rb_seen_entry(uint32_t entry);

// Puts a frame never seen on the list of those to be named, and one seen in an earlier epoch on the
// same list, to be compared with what it was. `code` is an iseq or, with pc 0, a C method's entry.
RB_INLINE void rb_note_frame(struct rb_slot* slot, uint64_t code, uint64_t pc, uint64_t ep) {
  uint64_t tag = rb_frame_tag(slot, code, pc);
  uint32_t entry = (tag >> 20) & (RB_SEEN_FRAMES - 1);
  struct rb_seen* seen = rb_seen_entry(entry);
  if (!seen || seen->tag == tag) return;
  int is_stale = (seen->tag ^ tag) >> 16 == 0;
  if (is_stale && slot->knows_gc_major && seen->age == (rb_age(slot, tag) | RB_IS_OLD)) {
    seen->tag = tag;
    return;
  }
  uint32_t n = slot->unnamed_count;
  if (n >= RB_MAX_NAMES) {
    slot->sample.flags |= rb_sample_unchecked;
    return;
  }
  seen->tag = tag;
  if (!is_stale) slot->has_new_code = 1;
  struct rb_unnamed* unnamed = &slot->unnamed[n];
  unnamed->code = code;
  unnamed->pc = pc;
  unnamed->ep = ep;
  unnamed->entry = entry;
  unnamed->is_stale = is_stale;
  slot->unnamed_count = n + 1;
}

RB_INLINE void rb_add_frame(struct rb_slot* slot, uint64_t code, uint64_t pc) {
  uint32_t n = slot->sample.ruby_frames;
  if (n >= RB_MAX_FRAMES) return;
  slot->sample.words[2 * n] = code;
  slot->sample.words[2 * n + 1] = pc;
  slot->sample.ruby_frames = n + 1;
}

// Control frame `index` of the chunk that was read. 1: go on.
RB_INLINE int rb_walk_frame(rb_memory memory, struct rb_slot* slot, uint32_t index) {
  uint32_t at = index * slot->process.cfp_size;
  if (at > sizeof slot->chunk - RB_MAX_FRAME_SIZE) return 0;
  const uint64_t* frame = (const uint64_t*)(slot->chunk + at);
  uint64_t pc = frame[RB_CFP_PC / 8], iseq = frame[RB_CFP_ISEQ / 8], ep = frame[RB_CFP_EP / 8];
  if (slot->sample.ruby_frames >= RB_MAX_FRAMES) {
    slot->sample.status = rb_status_truncated_depth;
    return 0;
  }
  if (pc && iseq) {
    rb_add_frame(slot, iseq & RB_FRAME_ADDRESS_MASK, pc);
    rb_note_frame(slot, iseq, pc, ep);
  } else if (!iseq) {
    uint64_t method = rb_c_method(memory, ep);
    if (!method) return 1;
    rb_add_frame(
        slot, (method & RB_FRAME_ADDRESS_MASK) | (uint64_t)rb_frame_c << RB_FRAME_KIND_SHIFT, 0);
    rb_note_frame(slot, method, 0, 0);
  }
  return 1;
}

// Reads the next chunk of control frames. The number of frames in it; 0: the walk is over.
RB_INLINE uint32_t rb_read_chunk(rb_memory memory, struct rb_slot* slot) {
  uint32_t size = slot->process.cfp_size;
  if (size != 56 && size != 64) return 0;
  if (slot->end <= slot->cfp) return 0;
  uint64_t left = slot->end - slot->cfp;
  uint32_t bytes = RB_CHUNK_FRAMES * size;
  if (left < bytes) bytes = left;
  if (bytes > sizeof slot->chunk) return 0;
  if (rb_read(memory, slot->chunk, bytes, slot->cfp)) {
    slot->sample.status = rb_status_unreadable_frames;
    return 0;
  }
  slot->cfp += bytes;
  return bytes / size;
}
