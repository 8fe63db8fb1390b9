// The border between the stack walker and what runs it. In the kernel, memory of the process is
// read by bpf_probe_read_user; on the host (unit tests, `rbperf snapshot`) by a function of the
// caller's. The walker itself is the same source in both.
#pragma once

#ifdef __bpf__
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "profiler/unwind/stack_format.h"

#define RB_INLINE static __always_inline
#define memset __builtin_memset
typedef void* rb_memory;

RB_INLINE long rb_read(rb_memory memory, void* destination, uint32_t size, uint64_t address) {
  (void)memory;
  return bpf_probe_read_user(destination, size, (const void*)address);
}
#else
#include <string.h>

#include "profiler/unwind/stack_format.h"

#define RB_INLINE static inline
struct rb_host_memory {
  long (*read)(void* self, void* destination, uint32_t size, uint64_t address);  // 0: done
  void* self;
};
typedef const struct rb_host_memory* rb_memory;

RB_INLINE long rb_read(rb_memory memory, void* destination, uint32_t size, uint64_t address) {
  const long result = memory->read(memory->self, destination, size, address);
  if (result) memset(destination, 0, size);  // as the kernel's helper does
  return result;
}
#endif
