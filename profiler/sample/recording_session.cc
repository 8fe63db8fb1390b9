#include "profiler/sample/recording_session.h"

#include <algorithm>
#include <cstring>

#include "profiler/sample/task_list.h"
#include "profiler/sample/task_state.h"
#include "profiler/unwind/host_walk.h"
#include "src/base/clock.h"
#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kFlushInterval = 1000 * kMillisecond;

struct StatusText {
  std::string_view name, sentence;
};
constexpr StatusText kStatuses[] = {
#define RB_STATUS(number, name, sentence) {#name, sentence},
#include "profiler/unwind/statuses.def"
#undef RB_STATUS
};

std::string command_line_of(pid_t pid) {
  std::string text = read_file(cat("/proc/", pid, "/cmdline")).value_or("");
  while (!text.empty() && text.back() == '\0') text.pop_back();
  for (char& c : text)
    if (c == '\0') c = ' ';
  return text;
}

std::string_view comm_of(const rb_sample& raw) {
  return {raw.comm, strnlen(raw.comm, sizeof raw.comm)};
}

}  // namespace

std::vector<std::string> status_names() {
  std::vector<std::string> names;
  for (const StatusText& status : kStatuses) names.emplace_back(status.name);
  return names;
}

RecordingSession::RecordingSession(StackSource& source, RecordingWriter& writer, const EventSpec& event,
                                   const InspectOptions& inspect, TaskLister& lister)
    : source_(source),
      writer_(writer),
      event_(event),
      lister_(lister),
      search_(inspect, lister),
      stack_names_([this](const Frame& frame) { return writer_.intern_frame(frame); }) {
  handlers_.sample = [this](const rb_sample& raw) { take(raw); };
  handlers_.name = [this](const rb_name& name) { take(name); };
  handlers_.c_name = [this](const rb_c_name& name) { take(name); };
  handlers_.off_cpu_end = [this](const rb_off_cpu_end& end) { take(end); };
  handlers_.lifecycle = [this](const rb_lifecycle& life) { take(life); };
  gc_frame_ = writer_.intern_frame({.kind = FrameKind::gc, .method = "(GC)", .label = "(GC)", .base_label = "", .path = ""});
}

RecordingSession::~RecordingSession() = default;

Status RecordingSession::add(const RubyProcess& ruby, uint64_t looked_ns) {
  Followed& followed = processes_[ruby.kernel_pid()];
  followed.pid = ruby.pid();
  followed.looked_ns = looked_ns;
  const bool is_again = followed.names != nullptr;
  followed.names = FrameNames::of(ruby);
  has_ruby_ = true;
  if (!ruby.is_complete() && !search_.is_on(ruby.kernel_pid()))
    search_.start(ruby.kernel_pid(), ruby.pid(), monotonic_ns());
  if (is_again) return {};
  for (const std::string& remark : ruby.remarks()) remarks_.push_back(cat("process ", ruby.pid(), ": ", remark));
  TRY(writer_.add_process({ruby.kernel_pid(), command_line_of(ruby.pid()), ruby.binary().version.text()}));
  TRY(source_.describe(ruby.kernel_pid(), ruby.facts()));
  followed.described_ns = monotonic_ns();
  return {};
}

void RecordingSession::add_other(ProcessId process) {
  processes_[process.kernel_pid].pid = process.pid;
  search_.start(process.kernel_pid, process.pid, monotonic_ns());
}

// A thread that sleeps from before the start would be seen only when it sleeps again: its stack is
// taken from here, its waiting counted from now.
void RecordingSession::add_sleepers(const RubyProcess& ruby, const std::vector<rb_task>& threads) {
  const uint64_t now = monotonic_ns();
  const Followed& followed = processes_[ruby.kernel_pid()];
  for (const rb_task& thread : threads) {
    if (!is_asleep(ruby.pid(), thread)) continue;
    const HostStack walked = walk_stack(ruby.memory(), ruby.facts(), thread.thread_pointer);
    const rb_sample& raw = walked.slot->sample;
    for (const rb_name& name : walked.names) followed.names->learn(name);
    PendingOffCpu pending;
    pending.sample = {.time_ns = now, .pid = thread.pid, .tid = thread.tid, .event = 1, .status = raw.status,
                      .fiber = raw.fiber, .ractor = raw.ractor};
    pending.sample.thread_name = writer_.intern_string({thread.comm, strnlen(thread.comm, sizeof thread.comm)});
    const auto* frames = reinterpret_cast<const rb_frame*>(raw.words);
    stack_names_.append(*followed.names, {frames, raw.ruby_frames}, raw.gc_epoch, false, &pending.frames);
    if (source_.mark_off_cpu(thread.tid, now)) pending_[thread.tid] = std::move(pending);
  }
}

// Processes that were executed lately: has Ruby started in them?
void RecordingSession::take_up_found(uint64_t now_ns) {
  for (RubySearch::Finding& finding : search_.look(now_ns)) {
    if (!finding.ruby) {
      // Of a Ruby's children many are something else.
      if (finding.ruby.error().code != Errc::not_found || !has_ruby_) remarks_.push_back(finding.ruby.error().message);
      continue;
    }
    if (const Status added = add(*finding.ruby, finding.looked_ns); !added) remarks_.push_back(added.error().message);
  }
}

Status RecordingSession::drain(int timeout_ms) {
  take_up_found(monotonic_ns());
  source_.drain(search_.until_next_ms(monotonic_ns(), timeout_ms), handlers_);
  const uint64_t now = monotonic_ns();
  if (write_error_ && now - last_flush_ns_ > kFlushInterval) {
    last_flush_ns_ = now;
    write_error_ = writer_.flush();
  }
  return write_error_;
}

void RecordingSession::take(const rb_name& name) {
  const auto found = processes_.find(name.pid);
  if (found != processes_.end() && found->second.names) found->second.names->learn(name);
}

// "0xffff…" where the kernel hides its addresses.
std::string RecordingSession::kernel_function(uint64_t address) {
  if (!kernel_symbols_) kernel_symbols_ = KernelSymbols::open();
  const std::optional<Symbol> symbol = *kernel_symbols_ ? (*kernel_symbols_)->find(address) : std::nullopt;
  return symbol ? symbol->name : fmt::format("{:#x}", address);
}

// Nothing for the machinery of the recording itself, which is innermost in a scheduler event.
std::optional<FrameId> RecordingSession::kernel_frame(uint64_t address) {
  const auto [found, is_new] = kernel_frames_.try_emplace(address);
  if (!is_new) return found->second;
  const std::string name = kernel_function(address);
  for (std::string_view own : {"bpf_prog_", "bpf_trace_run", "__traceiter_", "__bpf_trace_"})
    if (name.starts_with(own)) return std::nullopt;
  found->second = writer_.intern_frame({.kind = FrameKind::kernel, .method = name, .label = "", .base_label = "", .path = ""});
  return found->second;
}

void RecordingSession::append_native(Followed& followed, const rb_sample& raw, std::vector<FrameId>* frames) {
  if (!followed.native)
    followed.native = std::make_unique<NativeFrames>(followed.pid, [this](const Frame& frame) { return writer_.intern_frame(frame); });
  followed.native->append(raw, *followed.names, frames);
}

void RecordingSession::take(const rb_c_name& name) {
  const auto found = processes_.find(name.pid);
  if (found != processes_.end() && found->second.names) found->second.names->learn(name);
}

void RecordingSession::take(const rb_sample& raw) {
  const auto found = processes_.find(raw.pid);
  std::vector<FrameId> frames;
  Sample sample;
  sample.time_ns = raw.time_ns;
  sample.pid = raw.pid;
  sample.tid = raw.tid;
  sample.cpu = raw.cpu;
  sample.event = raw.event;
  sample.thread_name = writer_.intern_string(comm_of(raw));
  sample.weight = event_.kind == EventKind::wall ? static_cast<uint64_t>(1e9 / event_.frequency_hz) : raw.weight;
  sample.status = raw.status;
  sample.fiber = raw.fiber;
  sample.ractor = raw.ractor;
  const uint64_t* words = raw.words + 2 * raw.ruby_frames;
  for (int i = 0; i < raw.kernel_frames; ++i)
    if (const auto frame = kernel_frame(words[i])) frames.push_back(*frame);
  if (raw.stack_words && found != processes_.end() && found->second.names) append_native(found->second, raw, &frames);
  if (raw.flags & rb_sample_in_gc && !(raw.flags & rb_sample_off_cpu)) frames.push_back(gc_frame_);
  if (found != processes_.end() && found->second.names) {
    const auto* ruby = reinterpret_cast<const rb_frame*>(raw.words);
    const bool are_known = stack_names_.append(*found->second.names, {ruby, raw.ruby_frames}, raw.gc_epoch,
                                               !(raw.flags & rb_sample_unchecked), &frames);
    if (!are_known && sample.status == rb_status_ok) sample.status = rb_status_unnamed_frame;
  }
  if (raw.flags & rb_sample_off_cpu) {
    sample.weight = 0;
    pending_[raw.tid] = {sample, std::move(frames)};
    return;
  }
  sample.frames = frames;
  write(sample);
}

void RecordingSession::take(const rb_off_cpu_end& end) {
  const auto found = pending_.find(end.tid);
  if (found == pending_.end()) return;
  PendingOffCpu& pending = found->second;
  pending.sample.weight = end.duration_ns;
  pending.sample.event = 1;
  pending.sample.frames = pending.frames;
  write(pending.sample);
  pending_.erase(found);
}

// Threads that are still asleep when the recording ends.
void RecordingSession::settle_pending(uint64_t now_ns) {
  for (auto& [tid, pending] : pending_) {
    pending.sample.weight = now_ns - std::min(now_ns, pending.sample.time_ns);
    pending.sample.event = 1;
    pending.sample.frames = pending.frames;
    write(pending.sample);
  }
  pending_.clear();
}

void RecordingSession::take(const rb_lifecycle& life) {
  switch (life.what) {
    case rb_life_forked: take_fork(life); break;
    case rb_life_executed: take_exec(life); break;
    case rb_life_exited:
      processes_.erase(life.pid);
      search_.stop(life.pid);
      break;
  }
}

void RecordingSession::take_exec(const rb_lifecycle& life) {
  const auto found = processes_.find(life.pid);
  // An exec from before the process was looked at is no news.
  if (found == processes_.end() || life.time_ns < found->second.looked_ns) return;
  if (found->second.names) source_.void_facts(life.pid);  // they may have come after the exec
  found->second.names.reset();
  found->second.native.reset();
  search_.start(life.pid, found->second.pid, monotonic_ns());
}

void RecordingSession::take_fork(const rb_lifecycle& life) {
  const auto parent = processes_.find(life.parent);
  if (parent == processes_.end()) return;
  const auto known = processes_.find(life.pid);
  if (known != processes_.end() && known->second.looked_ns > life.time_ns) return;
  Followed child;
  child.pid = pid_here(lister_, life.pid);
  // A child that was forked before its parent's facts were there has got none.
  if (parent->second.names && parent->second.described_ns < life.time_ns) {
    child.names = parent->second.names->for_fork(std::make_unique<ProcessMemory>(child.pid));
    child.looked_ns = child.described_ns = life.time_ns;
    const Status added = writer_.add_process({life.pid, command_line_of(parent->second.pid), child.names->layout().version().text()});
    if (!added) write_error_ = added;
  } else {
    search_.start(life.pid, child.pid, monotonic_ns());
  }
  processes_.insert_or_assign(life.pid, std::move(child));
}

void RecordingSession::write(const Sample& sample) {
  ++samples_;
  ++statuses_[sample.status];
  threads_.insert(sample.tid);
  if (write_error_) write_error_ = writer_.add(sample);
}

RecordingProgress RecordingSession::progress() const {
  const auto count_of = [&](uint16_t status) {
    const auto found = statuses_.find(status);
    return found == statuses_.end() ? 0 : found->second;
  };
  return {.samples = samples_,
          .threads = threads_.size(),
          .lost = source_.counter(rb_counter_ring_full) + source_.counter(rb_counter_no_slot),
          .truncated = count_of(rb_status_truncated_depth) + count_of(rb_status_unreadable_frames)};
}

Status RecordingSession::finish() {
  source_.detach();
  source_.drain(0, handlers_);
  const uint64_t now = monotonic_ns();
  settle_pending(now);
  TRY(Status(write_error_));
  Totals totals;
  totals.delivered = samples_;
  totals.end_ns = now;
  totals.by_cause = source_.counters();
  totals.by_cause.erase("delivered");
  totals.lost = progress().lost;
  totals.skipped = source_.counter(rb_counter_not_sampled);
  for (const auto& [status, count] : statuses_)
    if (status != rb_status_ok) totals.by_cause.emplace(kStatuses[status].name, count);
  return writer_.finish(totals);
}

std::vector<std::string> RecordingSession::losses() const {
  std::vector<std::string> lines;
  for (const auto& [name, count] : source_.counters())
    if (name != "delivered") lines.push_back(cat(count, " ", name));
  for (const auto& [status, count] : statuses_)
    if (status != rb_status_ok && status < std::size(kStatuses))
      lines.push_back(cat(count, " ", kStatuses[status].name, ": ", kStatuses[status].sentence));
  return lines;
}

}  // namespace redbee::profiler
