// The few kernel structures that are read, with only the fields that are read: CO-RE finds the
// offsets when the object is loaded, on any kernel with BTF.
#pragma once

#define RB_CORE __attribute__((preserve_access_index))

struct thread_struct {
  unsigned long fsbase;
} RB_CORE;

struct ns_common {
  unsigned int inum;
} RB_CORE;

struct pid_namespace {
  struct ns_common ns;
} RB_CORE;

struct upid {
  int nr;
  struct pid_namespace* ns;
} RB_CORE;

struct pid {
  unsigned int level;
  struct upid numbers[1];
} RB_CORE;

typedef struct {
  int counter;
} atomic_t;

struct signal_struct {
  atomic_t live;
} RB_CORE;

struct task_struct {
  int pid;
  int tgid;
  struct task_struct* group_leader;
  struct pid* thread_pid;
  struct signal_struct* signal;
  struct thread_struct thread;
  void* stack;
  char comm[16];
} RB_CORE;
