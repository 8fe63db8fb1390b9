// What the BPF programs and the profiler tell each other: facts about a process going down, records
// coming up. Included by both, fixed width, naturally aligned.
#pragma once

#ifdef __bpf__
typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __s32 int32_t;
typedef __u64 uint64_t;
typedef __s64 int64_t;
#else
#include <stdint.h>
#endif

enum {
  RB_MAX_FRAMES = 2048,       // Ruby's own default VM stack holds about 12,000 of the smallest
  RB_CHUNK_FRAMES = 32,       // control frames read by one bpf_probe_read_user
  RB_MAX_FRAME_SIZE = 64,     // sizeof(rb_control_frame_t): 56, or 64 in Ruby 3.1 and 3.2
  RB_MAX_KERNEL_FRAMES = 127, // kernel.perf_event_max_stack
  RB_STACK_BYTES = 8192,      // of the machine stack, for native frames
  RB_MIN_STACK_BYTES = 1024,
  RB_MAX_NAMES = 256,         // frames named or compared in one sample; a power of two
  RB_SEEN_FRAMES = 32768,     // entries of the table of frames already named; a power of two
  RB_GC_COUNTS = 8,           // words read of rb_objspace.profile; a power of two
  RB_PATH_BYTES = 256,
  RB_LABEL_BYTES = 128,
  RB_NAME_TEXT_BYTES = RB_PATH_BYTES + 2 * RB_LABEL_BYTES,
};

#define RB_STATUS(number, name, sentence) rb_status_##name = number,
enum rb_status {
#include "profiler/unwind/statuses.def"
  rb_status_count
};
#undef RB_STATUS

#define RB_COUNTER(name) rb_counter_##name,
enum rb_counter {
#include "profiler/unwind/counters.def"
  rb_counter_count
};
#undef RB_COUNTER

// Where a thread's current execution context is found.
enum rb_ec_location {
  rb_ec_nowhere = 0,      // followed, but not (yet) a Ruby: samples carry no Ruby frames
  rb_ec_at_tls_offset,    // *(thread pointer + tls_offset)
  rb_ec_in_dtv,           // *(dtv[tls_module] + tls_offset), libruby loaded by dlopen
  rb_ec_in_pthread_key,   // 2.6, 2.7: pthread_getspecific(key) is the rb_thread_t
  rb_ec_global,           // 2.6, 2.7: the global pointer, where its thread is the current one
};

// Key of the map: the process's id in the initial namespace.
struct rb_process {
  int64_t tls_offset;        // of rb_ec_at_tls_offset, rb_ec_in_dtv
  uint64_t global_ec;        // address of ruby_current_execution_context_ptr
  uint64_t gc_flags;         // address of rb_objspace.flags; 0: not known
  uint64_t gc_count;         // address of rb_objspace.profile.count; 0: not known
  uint32_t during_gc_mask;
  uint32_t ec_location;      // enum rb_ec_location
  uint32_t tls_module;
  uint32_t pthread_slot;     // offset of the key's value from the thread pointer
  uint16_t cfp_size;
  uint16_t ec_thread_ptr;
  uint16_t ec_fiber_ptr;
  uint16_t thread_ec;
  uint16_t thread_pthread;
  uint16_t body_insns_info;
  uint16_t insn_info_size;
  uint16_t string_embedded;  // 16: length in the flags (up to 3.1); 24: length field
  uint32_t generation;       // grows with every exec seen
  uint32_t body_parent_iseq; // from 3.4: clauses and evals are labelled as what they are in; else 0
  uint16_t thread_ractor;    // 0: a Ruby without Ractors
  uint16_t ractor_running_ec;  // 0: not known
  uint16_t ractor_id;
  uint8_t gc_major_words;    // profile.major_gc_count lies so many words before profile.count; 0: not known
  uint8_t gc_old_flags;      // set in an object that only a major collection frees
};

enum rb_record_type {
  rb_record_sample = 1,
  rb_record_name,
  rb_record_c_name,
  rb_record_off_cpu_end,
  rb_record_lifecycle,
};

enum rb_sample_flags {
  rb_sample_in_gc = 1,
  rb_sample_off_cpu = 2,      // its duration follows in a rb_off_cpu_end of the same thread
  rb_sample_preempted = 4,    // off CPU, but runnable
  rb_sample_unchecked = 8,    // not every frame was compared with its name since the last collection
};

// A frame in raw form. RB_FRAME_RUBY: address of the iseq and the pc. RB_FRAME_C: address of the
// method entry, pc 0. The kind sits in the top byte, which user addresses never use.
#define RB_FRAME_KIND_SHIFT 56
#define RB_FRAME_ADDRESS_MASK ((1ULL << RB_FRAME_KIND_SHIFT) - 1)
enum rb_frame_kind { rb_frame_ruby = 0, rb_frame_c = 1 };
struct rb_frame {
  uint64_t code;
  uint64_t pc;
};

// Followed by words: two for each Ruby frame, then the kernel's addresses, both innermost first, then
// the machine stack from sp upwards. Only the used part is sent.
struct rb_sample {
  uint32_t type;
  uint16_t status;
  uint16_t flags;
  uint64_t time_ns;
  uint32_t pid, tid, cpu, event;
  uint64_t weight;
  uint64_t thread;        // address of the rb_thread_t
  uint64_t fiber;         // address of the rb_fiber_t
  uint32_t gc_epoch;      // code objects are freed only between two epochs
  uint16_t ruby_frames, kernel_frames, stack_words, padding;
  uint32_t generation;
  uint32_t ractor;        // its id, 1 for the main one; 0: not known
  uint32_t padding2;
  char comm[16];
  uint64_t ip, sp, bp;    // of user space, where its machine stack was copied
  uint64_t words[2 * RB_MAX_FRAMES + RB_MAX_KERNEL_FRAMES + RB_STACK_BYTES / 8];
};
#define RB_SAMPLE_HEADER_BYTES __builtin_offsetof(struct rb_sample, words)

// What a Ruby frame was called when it was first seen.
struct rb_name {
  uint32_t type;
  uint32_t pid;
  uint64_t iseq, pc;
  uint64_t owner;          // class or module of its method; 0: none. It outlives the method entry
  uint32_t gc_epoch;
  uint32_t iseq_type;
  int32_t line;            // 0: not known
  uint16_t path_length, label_length, base_label_length;  // in Ruby; more than fits is cut
  uint16_t padding[3];     // the texts begin at a word: they are compared by words
  char path[RB_PATH_BYTES];
  char label[RB_LABEL_BYTES];
  char base_label[RB_LABEL_BYTES];
};

// The same for a C method: its name's ID and its class outlive the method entry.
struct rb_c_name {
  uint32_t type;
  uint32_t pid;
  uint64_t method, original_id, owner;
  uint32_t gc_epoch, padding;
};

struct rb_off_cpu_end {
  uint32_t type;
  uint32_t tid;
  uint64_t time_ns, duration_ns;
};

enum rb_life { rb_life_forked = 1, rb_life_executed, rb_life_exited };
struct rb_lifecycle {
  uint32_t type;
  uint32_t what;           // enum rb_life
  uint32_t pid, parent;
  uint64_t time_ns;
};

// Scratch of one running program. A frame that was not seen before waits in `unnamed`.
struct rb_unnamed {
  uint64_t code, pc, ep;
  uint32_t entry;     // of the table of frames seen
  uint32_t is_stale;  // it was named in an earlier epoch
};

// A frame that was named: its tag (see rb_frame_tag), what it was made of then, and its age (rb_age).
struct rb_seen {
  uint64_t tag, print, age;
};
struct rb_slot {
  struct rb_sample sample;
  struct rb_process process;
  uint64_t cfp, end;
  uint64_t gc_counts[RB_GC_COUNTS];  // the words before profile.count, and it
  uint64_t gc_major;
  uint32_t knows_gc_major;
  uint32_t unnamed_count;
  uint32_t has_new_code;  // something in the stack was never seen before
  uint32_t padding;
  struct rb_unnamed unnamed[RB_MAX_NAMES];
  struct rb_name name;
  struct rb_c_name c_name;
  char chunk[RB_CHUNK_FRAMES * RB_MAX_FRAME_SIZE];
};
