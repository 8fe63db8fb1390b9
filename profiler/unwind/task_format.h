// One thread of the machine, as the task list tells it.
#pragma once

#ifndef __bpf__
#include <stdint.h>
#define RB_U32 uint32_t
#define RB_U64 uint64_t
#else
#define RB_U32 __u32
#define RB_U64 __u64
#endif

enum { RB_MAX_PID_LEVELS = 4 };  // of nested PID namespaces; deeper ones are cut

struct rb_task {
  RB_U32 pid, tid;  // in the initial namespace
  RB_U64 thread_pointer;
  RB_U32 levels, padding;
  struct {
    RB_U32 inode;  // of /proc/PID/ns/pid
    RB_U32 pid, tid;
  } namespaces[RB_MAX_PID_LEVELS];
  char comm[16];
};
