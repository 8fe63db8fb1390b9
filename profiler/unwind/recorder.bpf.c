// Everything that records stacks in the kernel: the timer, the scheduler, tracepoints, uprobes.
//
// Each program claims a scratch slot from a pool, walks, sends and gives the slot back. A per-CPU
// buffer would be wrong: uprobe programs (and from Linux 7 tracepoint programs) can be preempted in
// the middle, and another task's program on the same CPU would write into the same buffer. The pool
// is a stack map of free slot numbers, the only atomic claim that 5.10 offers at -mcpu=v2.
//
// The steps of the walk are global functions, which the verifier checks once and not at each of
// their 2048 calls: the deepest stack fits in one program, with no tail calls and no bpf_loop.
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "profiler/unwind/kernel_types.h"
#include "profiler/unwind/ruby_names.h"

#include <bpf/usdt.bpf.h>

#ifndef barrier_var
#define barrier_var(variable) asm volatile("" : "+r"(variable))
#endif

char LICENSE[] SEC("license") = "GPL";

enum { MAX_SLOTS = 128, MAX_PROCESSES = 4096, MAX_SYSCALLS = 512 };
enum { KERNEL_STACK_BYTES = 16384 };  // x86-64, without KASAN

const volatile __u32 rb_event = 0;             // index of the event in the recording's header
const volatile __u32 rb_one_in = 1;            // of events that are not timed
const volatile __u8 rb_wants_native = 0;       // the machine stack, to be unwound by the reader
const volatile __u8 rb_follows_forks = 1;
const volatile __u32 rb_wakeup_bytes = 1 << 20;  // the reader is woken when this much waits

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, MAX_PROCESSES);
  __type(key, __u32);
  __type(value, struct rb_process);
} processes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 << 20);
} ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, MAX_SLOTS);
  __type(key, __u32);
  __type(value, struct rb_slot);
} slots SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, MAX_SLOTS);
  __type(value, __u32);
} free_slots SEC(".maps");

// Tags of frames whose names went up already; a collision only names a frame twice.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, RB_SEEN_FRAMES);
  __type(key, __u32);
  __type(value, struct rb_seen);
} seen SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, rb_counter_count);
  __type(key, __u32);
  __type(value, __u64);
} counters SEC(".maps");

// Threads that were switched out, by when.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 65536);
  __type(key, __u32);
  __type(value, __u64);
} switched_out SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, MAX_SYSCALLS);
  __type(key, __u32);
  __type(value, __u8);
} wanted_syscalls SEC(".maps");

RB_INLINE void count(__u32 what) {
  __u64* counter = bpf_map_lookup_elem(&counters, &what);
  if (counter) __sync_fetch_and_add(counter, 1);
}

RB_INLINE struct rb_seen* rb_seen_entry(uint32_t entry) {
  return bpf_map_lookup_elem(&seen, &entry);
}

// No wake-up for each record: waking the reader costs more than the walk (6 % against 2 % of a
// program sampled at 999 Hz). The reader looks by itself every 100 ms, and is woken when much is
// waiting or when there is something to be named while it is there: with 20 ms of patience, 5 of 350
// stacks of tests/unwind/fidelity had a class that was freed before its name was read.
RB_INLINE long send(void* record, __u64 size, int is_urgent) {
  if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > rb_wakeup_bytes) is_urgent = 1;
  return bpf_ringbuf_output(&ring, record, size,
                            is_urgent ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

RB_INLINE struct rb_slot* slot_of(__u32 number) { return bpf_map_lookup_elem(&slots, &number); }

// Global functions: their arguments must be numbers (5.10).
enum { FRAMES_A_CALL = 4 };  // more would multiply what the verifier has to look at

__attribute__((noinline)) int walk_frames(__u32 number, __u32 first, __u32 end) {
  struct rb_slot* slot = slot_of(number);
  if (!slot) return 0;
  for (__u32 i = 0; i < FRAMES_A_CALL; i++) {
    if (first + i >= end) return 0;
    if (!rb_walk_frame(0, slot, first + i)) return 0;
  }
  return 1;
}

__attribute__((noinline)) int walk_chunk(__u32 number) {
  struct rb_slot* slot = slot_of(number);
  if (!slot) return 0;
  __u32 frames = rb_read_chunk(0, slot);
  for (__u32 i = 0; i < RB_CHUNK_FRAMES; i += FRAMES_A_CALL)
    if (!walk_frames(number, i, frames)) return 0;
  return frames == RB_CHUNK_FRAMES;
}

// Not named: the reader looks for itself, and the next sample tries again as if in a new epoch.
RB_INLINE void forget_frame(struct rb_slot* slot, const struct rb_unnamed* frame) {
  struct rb_seen* seen = rb_seen_entry(frame->entry & (RB_SEEN_FRAMES - 1));
  if (seen) {
    seen->tag ^= 0xffff;
    seen->print = 0;
    seen->age = 0;
  }
  slot->sample.flags |= rb_sample_unchecked;
}

__attribute__((noinline)) int name_frame(__u32 number, __u32 which) {
  struct rb_slot* slot = slot_of(number);
  if (!slot) return 0;
  struct rb_unnamed* frame = &slot->unnamed[which & (RB_MAX_NAMES - 1)];
  enum rb_naming naming = frame->pc ? rb_name_frame(0, slot, frame) : rb_name_c_frame(0, slot, frame);
  if (naming == rb_name_is_same) return 0;
  if (naming == rb_name_is_new) {
    if (!(frame->pc ? send(&slot->name, sizeof slot->name, 0)
                    : send(&slot->c_name, sizeof slot->c_name, 0)))
      return 0;
    count(rb_counter_names_ring_full);
  }
  forget_frame(slot, frame);
  return 0;
}

RB_INLINE __u64 thread_pointer(void) {
  struct task_struct* task = (void*)bpf_get_current_task();
  return BPF_CORE_READ(task, thread.fsbase);
}

// Fills the sample's head. 0: this process is not recorded.
RB_INLINE int begin(struct rb_slot* slot, const struct rb_process* process) {
  __u64 id = bpf_get_current_pid_tgid();
  struct rb_sample* sample = &slot->sample;
  slot->process = *process;
  slot->unnamed_count = 0;
  slot->has_new_code = 0;
  sample->type = rb_record_sample;
  sample->flags = 0;
  sample->time_ns = bpf_ktime_get_ns();
  sample->pid = id >> 32;
  sample->tid = id;
  sample->cpu = bpf_get_smp_processor_id();
  sample->event = rb_event;
  sample->weight = 1;
  sample->thread = 0;
  sample->fiber = 0;
  sample->ractor = 0;
  sample->gc_epoch = 0;
  sample->ruby_frames = 0;
  sample->kernel_frames = 0;
  sample->stack_words = 0;
  sample->generation = process->generation;
  bpf_get_current_comm(sample->comm, sizeof sample->comm);
  return 1;
}

RB_INLINE void walk_ruby(__u32 number, struct rb_slot* slot) {
  if (!rb_begin_stack(0, slot, thread_pointer())) return;
  for (int i = 0; i < RB_MAX_FRAMES / RB_CHUNK_FRAMES + 1; i++)
    if (!walk_chunk(number)) break;
  for (__u32 i = 0; i < RB_MAX_NAMES; i++) {
    if (i >= slot->unnamed_count) break;
    name_frame(number, i);
  }
}

// Appends the kernel's stack behind what is there.
RB_INLINE __u32 append_kernel_stack(void* context, struct rb_sample* sample, __u32 words) {
  barrier_var(words);  // or the compiler compares a copy and the verifier loses the bound
  if (words > 2 * RB_MAX_FRAMES) return 0;
  long bytes = bpf_get_stack(context, &sample->words[words], RB_MAX_KERNEL_FRAMES * 8, 0);
  if (bytes <= 0) return 0;
  return (__u32)bytes / 8;
}

// The registers that user space was left with: they lie at the top of the task's kernel stack.
// bpf_task_pt_regs (5.15) knows what kernels since 6.9 leave free above them.
RB_INLINE void* user_registers(void) {
  if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
    return (void*)bpf_task_pt_regs(bpf_get_current_task_btf());
  struct task_struct* task = (void*)bpf_get_current_task();
  return (char*)BPF_CORE_READ(task, stack) + KERNEL_STACK_BYTES - sizeof(struct pt_regs);
}

// Appends the machine stack, or as much of it as there is above sp. Most code has no frame pointers,
// so it is unwound by tables, and those are in user space.
RB_INLINE __u32 append_user_stack(struct rb_sample* sample, __u32 words) {
  struct pt_regs registers;
  if (bpf_probe_read_kernel(&registers, sizeof registers, user_registers())) return 0;
  sample->ip = registers.rip;
  sample->sp = registers.rsp;
  sample->bp = registers.rbp;
  barrier_var(words);
  if (words > 2 * RB_MAX_FRAMES + RB_MAX_KERNEL_FRAMES) return 0;
  for (__u32 bytes = RB_STACK_BYTES; bytes >= RB_MIN_STACK_BYTES; bytes /= 2)
    if (!bpf_probe_read_user(&sample->words[words], bytes, (void*)registers.rsp)) return bytes / 8;
  return 0;
}

RB_INLINE void finish(void* context, struct rb_slot* slot, int is_in_kernel) {
  struct rb_sample* sample = &slot->sample;
  __u32 words = 2 * (__u32)sample->ruby_frames;
  if (is_in_kernel) {
    __u32 n = append_kernel_stack(context, sample, words);
    sample->kernel_frames = n;
    words += n;
  }
  if (rb_wants_native) {
    __u32 n = append_user_stack(sample, words);
    sample->stack_words = n;
    words += n;
  }
  __u64 size = RB_SAMPLE_HEADER_BYTES + 8ULL * words;
  if (size > sizeof *sample) size = sizeof *sample;
  count(send(sample, size, slot->has_new_code) ? rb_counter_ring_full : rb_counter_delivered);
}

RB_INLINE void record_stack(void* context, int is_in_kernel, __u16 flags) {
  __u32 pid = bpf_get_current_pid_tgid() >> 32, number;
  struct rb_process* process = bpf_map_lookup_elem(&processes, &pid);
  if (!process) return;
  if (rb_one_in > 1 && bpf_get_prandom_u32() % rb_one_in) {
    count(rb_counter_not_sampled);
    return;
  }
  if (bpf_map_pop_elem(&free_slots, &number)) {
    count(rb_counter_no_slot);
    return;
  }
  struct rb_slot* slot = slot_of(number);
  if (slot) {
    begin(slot, process);
    slot->sample.flags = flags;
    walk_ruby(number, slot);
    finish(context, slot, is_in_kernel);
  }
  bpf_map_push_elem(&free_slots, &number, 0);
}

SEC("perf_event")
int on_cpu(struct bpf_perf_event_data* context) {
  record_stack(context, (context->regs.cs & 3) == 0, 0);
  return 0;
}

SEC("tracepoint")
int on_tracepoint(void* context) {
  record_stack(context, 0, 0);
  return 0;
}

SEC("uprobe")
int on_uprobe(struct pt_regs* context) {
  record_stack(context, 0, 0);
  return 0;
}

SEC("usdt")
int on_usdt(struct pt_regs* context) {
  record_stack(context, 0, 0);
  return 0;
}

SEC("raw_tp/sys_enter")
int on_syscall(struct bpf_raw_tracepoint_args* context) {
  __u32 number = context->args[1];
  __u8* is_wanted = bpf_map_lookup_elem(&wanted_syscalls, &number);
  if (is_wanted && *is_wanted) record_stack(context, 0, 0);
  return 0;
}

// The stack is taken when a thread leaves the CPU, for only then is its memory at hand; how long it
// stayed away is told when it comes back.
RB_INLINE void leave_cpu(struct bpf_raw_tracepoint_args* context) {
  __u64 id = bpf_get_current_pid_tgid();
  __u32 pid = id >> 32, tid = id;
  if (!bpf_map_lookup_elem(&processes, &pid)) return;
  __u64 now = bpf_ktime_get_ns();
  bpf_map_update_elem(&switched_out, &tid, &now, BPF_ANY);
  record_stack(context, 1, rb_sample_off_cpu | (context->args[0] ? rb_sample_preempted : 0));
}

RB_INLINE void come_back(struct task_struct* next) {
  __u32 tid = BPF_CORE_READ(next, pid);
  __u64* since = bpf_map_lookup_elem(&switched_out, &tid);
  if (!since) return;
  struct rb_off_cpu_end end = {.type = rb_record_off_cpu_end, .tid = tid};
  end.time_ns = bpf_ktime_get_ns();
  end.duration_ns = end.time_ns - *since;
  bpf_map_delete_elem(&switched_out, &tid);
  if (send(&end, sizeof end, 0)) count(rb_counter_off_cpu_ends_ring_full);
}

SEC("raw_tp/sched_switch")
int on_switch(struct bpf_raw_tracepoint_args* context) {
  leave_cpu(context);
  come_back((struct task_struct*)context->args[2]);
  return 0;
}

RB_INLINE void tell_life(__u32 what, __u32 pid, __u32 parent) {
  struct rb_lifecycle life = {.type = rb_record_lifecycle, .what = what};
  life.pid = pid;
  life.parent = parent;
  life.time_ns = bpf_ktime_get_ns();
  if (send(&life, sizeof life, 1)) count(rb_counter_lifecycle_ring_full);
}

// A child has its parent's memory, so the parent's facts hold for it from its first instruction.
SEC("raw_tp/sched_process_fork")
int on_fork(struct bpf_raw_tracepoint_args* context) {
  struct task_struct* parent = (struct task_struct*)context->args[0];
  struct task_struct* child = (struct task_struct*)context->args[1];
  __u32 from = BPF_CORE_READ(parent, tgid), to = BPF_CORE_READ(child, tgid);
  if (!rb_follows_forks || from == to) return 0;
  struct rb_process* process = bpf_map_lookup_elem(&processes, &from);
  if (!process) return 0;
  if (bpf_map_update_elem(&processes, &to, process, BPF_ANY)) {
    count(rb_counter_fork_map_full);
    return 0;
  }
  tell_life(rb_life_forked, to, from);
  return 0;
}

// The old program's facts are void; the profiler looks at the new one.
SEC("raw_tp/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args* context) {
  (void)context;
  __u32 pid = bpf_get_current_pid_tgid() >> 32;
  struct rb_process* process = bpf_map_lookup_elem(&processes, &pid);
  if (!process) return 0;
  process->ec_location = rb_ec_nowhere;
  process->gc_flags = 0;
  process->gc_count = 0;
  process->generation++;
  tell_life(rb_life_executed, pid, 0);
  return 0;
}

SEC("raw_tp/sched_process_exit")
int on_exit(struct bpf_raw_tracepoint_args* context) {
  struct task_struct* task = (struct task_struct*)context->args[0];
  __u32 pid = BPF_CORE_READ(task, tgid);
  if (!bpf_map_lookup_elem(&processes, &pid)) return 0;
  if (BPF_CORE_READ(task, signal, live.counter) > 0) return 0;  // other threads go on
  bpf_map_delete_elem(&processes, &pid);
  tell_life(rb_life_exited, pid, 0);
  return 0;
}
