// A recording in progress: raw records from the kernel become named samples in a file.
//
// It keeps, for each process followed, how to name its frames; takes up children as they are forked
// and new programs as they are executed; and pairs time off the CPU with the stack it began with.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "profiler/discover/ruby_process.h"
#include "profiler/recording/recording.h"
#include "profiler/resolve/native_frames.h"
#include "profiler/resolve/stack_names.h"
#include "profiler/sample/ruby_search.h"
#include "profiler/sample/stack_source.h"
#include "profiler/sample/task_list.h"
#include "profiler/unwind/task_format.h"
#include "redbee/symbols.h"

namespace redbee::profiler {

// What has come together so far.
struct RecordingProgress {
  uint64_t samples = 0, threads = 0;
  uint64_t lost = 0, truncated = 0;
};

class RecordingSession {
 public:
  // All five outlive the session.
  RecordingSession(StackSource& source, RecordingWriter& writer, const EventSpec& event,
                   const InspectOptions& inspect, TaskLister& lister);
  ~RecordingSession();

  // Both of processes that the source follows already. `looked_ns`: when the look began; an exec after
  // that makes it void.
  Status add(const RubyProcess& ruby, uint64_t looked_ns);
  // One that runs no Ruby, or not yet: looked at again for a while, and after each exec.
  void add_other(ProcessId process);
  // For wall time, once the scheduler is watched.
  void add_sleepers(const RubyProcess& ruby, const std::vector<rb_task>& threads);
  // Handles what has come up. An error is the file's (disk full): the recording ends.
  Status drain(int timeout_ms);
  // The last of the records and the totals. Links are detached first.
  Status finish();

  bool is_anyone_left() const { return !processes_.empty(); }
  bool has_ruby() const { return has_ruby_; }
  RecordingProgress progress() const;
  // Sentences for the end of the run: what was lost or cut, by cause.
  std::vector<std::string> losses() const;
  std::vector<std::string> take_remarks() { return std::move(remarks_); }

 private:
  struct Followed {
    pid_t pid = 0;                    // in /proc here
    std::unique_ptr<FrameNames> names;  // null until Ruby is found in it
    std::unique_ptr<NativeFrames> native;  // null until there is a machine stack to look at
    uint64_t looked_ns = 0;           // when the look began that found its Ruby
    uint64_t described_ns = 0;        // since when the kernel side has its facts
  };
  struct PendingOffCpu {
    Sample sample;
    std::vector<FrameId> frames;
  };

  void take(const rb_sample& raw);
  void take(const rb_name& name);
  void take(const rb_c_name& name);
  void take(const rb_off_cpu_end& end);
  void take(const rb_lifecycle& life);
  void take_exec(const rb_lifecycle& life);
  void take_fork(const rb_lifecycle& life);
  std::optional<FrameId> kernel_frame(uint64_t address);
  std::string kernel_function(uint64_t address);
  void append_native(Followed& followed, const rb_sample& raw, std::vector<FrameId>* frames);
  void take_up_found(uint64_t now_ns);
  void write(const Sample& sample);
  void count_status(uint16_t status);
  void settle_pending(uint64_t now_ns);

  StackSource& source_;
  RecordingWriter& writer_;
  const EventSpec& event_;
  TaskLister& lister_;
  RubySearch search_;
  RecordHandlers handlers_;
  StackNames stack_names_;
  std::optional<Result<KernelSymbols>> kernel_symbols_;  // read at the first kernel frame
  std::unordered_map<uint64_t, std::optional<FrameId>> kernel_frames_;
  std::map<uint32_t, Followed> processes_;  // by kernel pid
  std::unordered_map<uint32_t, PendingOffCpu> pending_;  // by kernel tid
  std::map<uint16_t, uint64_t> statuses_;
  std::vector<std::string> remarks_;
  Status write_error_;
  FrameId gc_frame_ = 0;
  uint64_t samples_ = 0;
  std::unordered_set<uint32_t> threads_;  // of samples, by kernel tid
  uint64_t last_flush_ns_ = 0;
  bool has_ruby_ = false;
};

// Names of statuses.def by number, for a recording's header.
std::vector<std::string> status_names();

}  // namespace redbee::profiler
