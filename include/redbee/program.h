// Program: one loaded BPF program of a live Object. A small copyable view, valid while the Object
// lives. Programs are loaded one by one, when first asked for: see Object::load.
//
//   Program filter = TRY(object.load("http_filter", {.kind = ProgramKind::socket_filter}));
//   TestRun run = TRY(filter.test_run({.data = packet}));
//   ProgramStats stats = TRY(filter.stats());    // run_count needs enable_run_stats()
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"

namespace redbee {

enum class ProgramKind {
  automatic,         // what the Image's facts, else the section name, say
  kprobe,            // also uprobe, uretprobe, kretprobe and USDT: one kernel program type
  tracepoint,
  raw_tracepoint,
  perf_event,
  fentry, fexit, fmod_ret, tp_btf, lsm, iter,   // attached by BTF id
  socket_filter, sched_cls, sched_act, xdp,
  cgroup_skb, cgroup_sock, cgroup_device, cgroup_sock_addr, cgroup_sockopt, sock_ops, sk_skb, sk_msg,
};

struct ProgramStats {
  uint64_t run_time_ns = 0;          // 0 unless run statistics are on
  uint64_t run_count = 0;
  uint64_t recursion_misses = 0;     // Linux 5.12: runs skipped because another ran on that CPU
};

struct TestRunOptions {
  std::span<const std::byte> data = {};      // packet
  std::span<const std::byte> context = {};   // raw tracepoints: the arguments
  uint32_t repeat = 1;
  size_t output_bytes = 0;                   // room for the packet after the run
};
struct TestRun {
  uint32_t return_value = 0;
  uint32_t duration_ns = 0;                  // average of one run
  std::vector<std::byte> data = {};
};

class Program {
 public:
  const std::string& name() const { return *name_; }
  int fd() const { return fd_; }
  uint32_t type() const { return type_; }    // BPF_PROG_TYPE_*
  uint32_t id() const { return id_; }
  // BPF_CGROUP_INET_EGRESS and the like: what it was loaded for; 0 for types that do not care.
  int attach_type() const { return attach_type_; }
  // What the verifier wrote when LoadOptions::log was set; empty otherwise.
  const std::string& log() const { return *log_; }

  // BPF_PROG_TEST_RUN. Packet types; raw tracepoints from Linux 5.10.
  Result<TestRun> test_run(const TestRunOptions& options = {}) const;
  Result<ProgramStats> stats() const;
  Status pin(const std::string& path) const;

 private:
  friend class Object;
  Program(int fd, uint32_t type, uint32_t id, int attach_type, const std::string* name, const std::string* log)
      : fd_(fd), type_(type), id_(id), attach_type_(attach_type), name_(name), log_(log) {}
  int fd_;
  uint32_t type_, id_;
  int attach_type_;
  const std::string* name_;
  const std::string* log_;
};

// Kernel-wide run statistics, on while the returned object lives (Linux 5.8).
class RunStats {
 public:
  static Result<RunStats> enable();
  RunStats(RunStats&& other) noexcept;
  RunStats& operator=(RunStats&& other) noexcept;
  ~RunStats();

 private:
  explicit RunStats(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace redbee
