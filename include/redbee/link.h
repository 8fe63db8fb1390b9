// Link: one program attached at one place. Detaches in its destructor; when the process dies, however
// it dies, the kernel detaches and frees the program and its maps. Of two kinds a husk stays that does
// nothing, see sweep_dead_attachments(). Links outlive their Object if you let them, but their maps
// do not stay readable then: keep the Object first, the Links after it.
//
//   Link link = TRY(attach_uprobe(object, "count", {.path = "c", .symbol = "strlen", .pid = pid}));
//   Link clock = TRY(attach_perf_event(object, "sample", {.frequency_hz = 99, .pid = pid}));
//   TRY(link.detach());          // now, with the reason if it fails; else when `link` dies
//
// Every attach_* loads the named program with the type it needs (Object::load), then attaches it.
// One thread, that of the Object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/object.h"
#include "redbee/result.h"
#include "redbee/usdt.h"

namespace redbee {

class Link {
 public:
  Link(Link&&) noexcept;
  Link& operator=(Link&&) noexcept;
  ~Link();

  // "kprobe", "fentry", "raw_syscall", …: what attach_kprobe_best and the like chose.
  const std::string& method() const;
  // "vfs_read+0x10", "/usr/lib/libc.so.6:0x9d850", for messages.
  const std::string& target() const;
  // A descriptor of the attachment (bpf link, else perf event, else socket); the first of several.
  int fd() const;
  // How many places it is attached at: USDT probes may have several locations.
  size_t size() const;
  // Returns that were not seen because max_active of them were already waited for. Of kretprobes with
  // max_active; else not_supported.
  Result<uint64_t> missed() const;

  Status detach();
  // Keeps it attached after the process ends: `path` on a bpffs. Kernel links only (kprobe, uprobe,
  // tracepoint, perf_event: Linux 5.15; raw_tracepoint, fentry: 5.7); else not_supported.
  Status pin(const std::string& path);
  // Leaves it attached until the process ends and gives up the handle.
  void release();

  struct State;
  explicit Link(std::unique_ptr<State> state);   // for attach_* only

 private:
  std::unique_ptr<State> state_;
};

struct KprobeOptions {
  std::string symbol = {};            // kernel function, from kallsyms
  uint64_t offset = 0;           // bytes into it; entry probes only
  bool is_return = false;
  // Calls whose return is waited for at the same time, others are missed; 0: the kernel's default, a few
  // for each CPU. Give it for functions in which threads sleep.
  uint32_t max_active = 0;
  uint64_t cookie = 0;           // bpf_get_attach_cookie(), Linux 5.15
};
// Needs CONFIG_KPROBES. not_found names symbols that look alike ("blk_account_io_done.part.0").
Result<Link> attach_kprobe(Object& object, std::string_view program, const KprobeOptions& options);

enum class AttachPreference { automatic, fentry, kprobe, raw };
// "auto", "fentry", "kprobe", "raw"; from $REDBEE_ATTACH, automatic when unset or unknown.
AttachPreference attach_preference_from_environment();

// The best attachment this kernel has for a kprobe source: its fentry/fexit twin, else kprobe, else
// (system calls) its raw_syscall twin. `symbol` may be a system call's name in any of the kernel's
// spellings (sys_clone, __x64_sys_clone). Logs which one was used at info level.
Result<Link> attach_kprobe_best(Object& object, std::string_view program, const KprobeOptions& options,
                                AttachPreference preference = attach_preference_from_environment());

struct TracingOptions {
  std::string target = {};            // function or tracepoint; empty: from the program's facts
  uint64_t cookie = 0;           // Linux 5.19
};
// fentry and fexit: Linux 5.5 with BTF; fmod_ret 5.7; tp_btf 5.5; lsm 5.7 with bpf in lsm=.
Result<Link> attach_fentry(Object& object, std::string_view program, const TracingOptions& options = {});
Result<Link> attach_fexit(Object& object, std::string_view program, const TracingOptions& options = {});
Result<Link> attach_fmod_ret(Object& object, std::string_view program, const TracingOptions& options = {});
Result<Link> attach_tp_btf(Object& object, std::string_view program, const TracingOptions& options = {});
Result<Link> attach_lsm(Object& object, std::string_view program, const TracingOptions& options = {});

struct TracepointOptions {
  std::string category = {};          // "syscalls"
  std::string name = {};              // "sys_enter_write"
  uint64_t cookie = 0;           // Linux 5.15
};
Result<Link> attach_tracepoint(Object& object, std::string_view program, const TracepointOptions& options);

struct RawTracepointOptions {
  std::string name = {};              // "sched_switch"
};
Result<Link> attach_raw_tracepoint(Object& object, std::string_view program, const RawTracepointOptions& options);

struct UprobeOptions {
  // An absolute path, a command found in PATH, or a library's short name ("c" → libc.so.6 as the
  // process `pid`, else this system's loader, finds it).
  std::string path = {};
  std::string symbol = {};            // or
  uint64_t address = 0;          // a file's virtual address (as nm prints), when symbol is empty
  uint64_t offset = 0;           // bytes added to either
  int pid = -1;                  // -1: every process
  bool is_return = false;
  uint64_t cookie = 0;           // Linux 5.15
  uint64_t semaphore_offset = 0; // in the file; the kernel counts it up while attached (Linux 4.20)
};
// An IFUNC symbol (strlen in glibc) is its resolver: that is logged as a warning.
Result<Link> attach_uprobe(Object& object, std::string_view program, const UprobeOptions& options);

struct UsdtOptions {
  int pid = -1;                  // -1: every process that maps the probe's file
};
// `probe` from usdt.h; the Image must have been compiled with bind_usdt(probe, program) for programs
// that read arguments. One uprobe per location; semaphores are counted up while attached.
Result<Link> attach_usdt(Object& object, std::string_view program, const UsdtProbe& probe, const UsdtOptions& options = {});

struct PerfEventOptions {
  uint32_t type = 1;             // PERF_TYPE_SOFTWARE
  uint64_t config = 0;           // PERF_COUNT_SW_CPU_CLOCK
  uint64_t period = 0;           // events between samples (cpu-clock: ns); exactly one of these two
  uint64_t frequency_hz = 0;
  int pid = -1;                  // -1: all processes
  int cpu = -1;                  // -1: any CPU of `pid`, or every online CPU when pid is -1 too
  int group_fd = -1;
  bool inherit = false;          // also children; not together with a BPF link on old kernels
  uint64_t cookie = 0;           // Linux 5.15
};
Result<Link> attach_perf_event(Object& object, std::string_view program, const PerfEventOptions& options);

struct SocketFilterOptions {
  std::string interface = {};         // empty: all
};
// A non-blocking AF_PACKET raw socket with the program as its filter; Link::fd() is the socket.
Result<Link> attach_socket_filter(Object& object, std::string_view program, const SocketFilterOptions& options);

struct XdpOptions {
  std::string interface = {};
  uint32_t flags = 0;            // XDP_FLAGS_*
};
Result<Link> attach_xdp(Object& object, std::string_view program, const XdpOptions& options);   // Linux 5.9

struct TcOptions {
  std::string interface = {};
  bool is_egress = false;
  uint32_t priority = 1;         // these two before Linux 6.6
  uint32_t handle = 1;
};
// A tcx link (Linux 6.6). Before, a direct-action filter on a clsact qdisc that jumps to the program:
// both are gone after detach when they were made here, and run statistics count the filter alone.
Result<Link> attach_tc(Object& object, std::string_view program, const TcOptions& options);

struct CgroupOptions {
  std::string path = {};              // a cgroup v2 directory
  int attach_type = -1;          // BPF_CGROUP_*; -1: by the program's section ("cgroup/skb": ingress)
};
Result<Link> attach_cgroup(Object& object, std::string_view program, const CgroupOptions& options);   // Linux 5.7

struct IterOptions {
  std::string target = {};            // "task"; empty: from the program's facts
};
Result<Link> attach_iter(Object& object, std::string_view program, const IterOptions& options = {});   // Linux 5.8
// Runs the iterator once and returns what it wrote.
Result<std::string> read_iter(const Link& link);

// What stays when a process is killed, with the program gone already: the tracefs event of a return
// probe with max_active, and before Linux 6.6 the filter of tc, which then lets every packet pass to the
// next. Removes those of dead processes, of tc in this network namespace, and returns how many; the
// next attachment of the same kind there does it too.
Result<size_t> sweep_dead_attachments();

}  // namespace redbee
