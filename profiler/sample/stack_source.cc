#include "profiler/sample/stack_source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cassert>
#include <cstring>

#include "profiler/sample/task_state.h"
#include "recorder.bpf.h"
#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

struct RingBufferCloser {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

constexpr std::string_view kCounterNames[] = {
#define RB_COUNTER(name) #name,
#include "profiler/unwind/counters.def"
#undef RB_COUNTER
};

std::vector<std::string_view> programs_for(EventKind kind) {
  std::vector<std::string_view> programs = {"on_fork", "on_exec", "on_exit"};
  switch (kind) {
    case EventKind::wall: programs.push_back("on_switch"); [[fallthrough]];
    case EventKind::cpu: programs.push_back("on_cpu"); break;
    case EventKind::tracepoint: programs.push_back("on_tracepoint"); break;
    case EventKind::uprobe: programs.push_back("on_uprobe"); break;
    case EventKind::usdt: programs.push_back("on_usdt"); break;
    case EventKind::syscalls: programs.push_back("on_syscall"); break;
  }
  return programs;
}

UniqueFd open_timer(int cpu, double frequency_hz) {
  perf_event_attr attributes = {};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.sample_period = static_cast<uint64_t>(1e9 / frequency_hz);
  attributes.exclude_idle = 1;  // the clock ticks there too, but no program needs to run
  return UniqueFd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
}

}  // namespace

// Members in order of dependence: readers and links go before the object.
struct StackSource::State {
  EventSpec event;
  BpfObject object;
  std::vector<BpfLink> links;
  std::unique_ptr<ring_buffer, RingBufferCloser> ring;
  const RecordHandlers* handlers = nullptr;
  UniqueFd statistics;  // while open, programs are timed

  static int on_record(void* context, void* data, size_t size) {
    auto* self = static_cast<State*>(context);
    if (self->handlers && size >= sizeof(uint32_t)) self->dispatch(data, size);
    return 0;
  }

  void dispatch(const void* data, size_t size) const {
    uint32_t type;
    std::memcpy(&type, data, sizeof type);
    if (type == rb_record_sample && size >= RB_SAMPLE_HEADER_BYTES)
      handlers->sample(*static_cast<const rb_sample*>(data));
    else if (type == rb_record_name && size >= sizeof(rb_name))
      handlers->name(*static_cast<const rb_name*>(data));
    else if (type == rb_record_c_name && size >= sizeof(rb_c_name))
      handlers->c_name(*static_cast<const rb_c_name*>(data));
    else if (type == rb_record_off_cpu_end && size >= sizeof(rb_off_cpu_end))
      handlers->off_cpu_end(*static_cast<const rb_off_cpu_end*>(data));
    else if (type == rb_record_lifecycle && size >= sizeof(rb_lifecycle))
      handlers->lifecycle(*static_cast<const rb_lifecycle*>(data));
  }

  Status add_link(bpf_link* link, const std::string& what) {
    if (!link) return os_error(what);
    links.emplace_back(link);
    return {};
  }
};

StackSource::StackSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
StackSource::StackSource(StackSource&&) noexcept = default;
StackSource& StackSource::operator=(StackSource&&) noexcept = default;
StackSource::~StackSource() = default;

Result<StackSource> StackSource::open(EventSpec event, SourceOptions options) {
  auto state = std::make_unique<State>(
      State{std::move(event), TRY(BpfObject::open("recorder", recorder_bpf_object)), {}, {}, {}, {}});
  BpfObject& object = state->object;
  object.keep_only(programs_for(state->event.kind));
  TRY(object.set_constant("rb_one_in", state->event.one_in));
  TRY(object.set_constant("rb_wants_native", static_cast<uint8_t>(options.wants_native)));
  TRY(object.set_constant("rb_follows_forks", static_cast<uint8_t>(options.follows_forks)));
  TRY(object.load());
  const int free_slots = object.map_fd("free_slots");
  for (uint32_t slot = 0; slot < bpf_map__max_entries(object.map("slots")); ++slot)
    if (bpf_map_update_elem(free_slots, nullptr, &slot, BPF_ANY) < 0)
      return os_error("fill the pool of scratch slots");
  for (int number : state->event.syscalls) {
    const uint8_t wanted = 1;
    if (bpf_map_update_elem(object.map_fd("wanted_syscalls"), &number, &wanted, BPF_ANY) < 0)
      return os_error(cat("ask for system call ", number));
  }
  state->ring.reset(ring_buffer__new(object.map_fd("ring"), State::on_record, state.get(), nullptr));
  if (!state->ring) return os_error("map the ring buffer");
  for (std::string_view program : {"on_fork", "on_exec", "on_exit"})
    TRY(state->add_link(bpf_program__attach(object.program(program)), cat("attach ", program)));
  return StackSource(std::move(state));
}

Result<bool> StackSource::follow(ProcessId process) {
  const rb_process no_facts = {};
  const int processes = state_->object.map_fd("processes");
  if (bpf_map_update_elem(processes, &process.kernel_pid, &no_facts, BPF_NOEXIST) < 0 && errno != EEXIST)
    return os_error(cat("follow process ", process.pid));
  if (!has_ended(process.pid)) return true;
  bpf_map_delete_elem(processes, &process.kernel_pid);
  return false;
}

bool StackSource::has_executed(uint32_t kernel_pid) const {
  rb_process facts;
  return bpf_map_lookup_elem(state_->object.map_fd("processes"), &kernel_pid, &facts) == 0 && facts.generation > 0;
}

Status StackSource::describe(uint32_t kernel_pid, rb_process facts) {
  const int processes = state_->object.map_fd("processes");
  rb_process before;
  if (bpf_map_lookup_elem(processes, &kernel_pid, &before) == 0) facts.generation = before.generation;
  if (bpf_map_update_elem(processes, &kernel_pid, &facts, BPF_EXIST) < 0 && errno != ENOENT)
    return os_error(cat("give facts of process ", kernel_pid));
  return {};
}

void StackSource::void_facts(uint32_t kernel_pid) { (void)describe(kernel_pid, rb_process{}); }

bool StackSource::mark_off_cpu(uint32_t kernel_tid, uint64_t since_ns) {
  return bpf_map_update_elem(state_->object.map_fd("switched_out"), &kernel_tid, &since_ns, BPF_NOEXIST) == 0;
}

Status StackSource::attach(const std::string& library) {
  BpfObject& object = state_->object;
  const EventSpec& event = state_->event;
  switch (event.kind) {
    case EventKind::wall:
      TRY(state_->add_link(bpf_program__attach(object.program("on_switch")), "attach to sched_switch"));
      return attach_timer();
    case EventKind::cpu: return attach_timer();
    case EventKind::tracepoint: {
      bpf_link* link = bpf_program__attach_tracepoint(object.program("on_tracepoint"), event.first.c_str(),
                                                      event.second.c_str());
      if (!link && errno == ENOENT)
        return fail(Errc::not_found, cat("there is no tracepoint ", event.first, ":", event.second,
                                         " (see /sys/kernel/tracing/available_events)"));
      return state_->add_link(link, cat("attach to tracepoint ", event.first, ":", event.second));
    }
    case EventKind::uprobe:
    case EventKind::usdt: return attach_library_event(library);
    case EventKind::syscalls:
      return state_->add_link(bpf_program__attach(object.program("on_syscall")), "attach to sys_enter");
  }
  return {};
}

Status StackSource::attach_timer() {
  const int cpus = libbpf_num_possible_cpus();
  int attached = 0;
  for (int cpu = 0; cpu < cpus; ++cpu) {
    UniqueFd timer = open_timer(cpu, state_->event.frequency_hz);
    if (!timer.is_open() && (errno == ENODEV || errno == EINVAL)) continue;  // offline
    if (!timer.is_open()) return os_error(cat("open the CPU clock of CPU ", cpu));
    TRY(state_->add_link(bpf_program__attach_perf_event(state_->object.program("on_cpu"), timer.get()),
                         cat("attach to the CPU clock of CPU ", cpu)));
    timer.release();  // the link owns it
    ++attached;
  }
  if (!attached) return fail(Errc::not_supported, "no CPU has a CPU clock to sample with");
  return {};
}

// libbpf says the same of a file that is missing and of a function.
static std::string no_function(const EventSpec& event, const std::string& library) {
  if (library.find('/') == library.npos)
    return cat("there is no library ", library, ", or no function ", event.second,
               " in it (a library is ruby, a file, or a name as libc.so.6)");
  if (access(library.c_str(), R_OK) < 0) return cat("attach to function ", event.second, ": there is no file ", library);
  return cat("there is no function ", event.second, " in ", library, "; see: nm -D ", library);
}

// Of every process that maps the file: children of the traced process must hit the probe too. The
// program leaves the others out.
Status StackSource::attach_library_event(const std::string& library) {
  const EventSpec& event = state_->event;
  if (event.kind == EventKind::usdt) {
    bpf_link* link = bpf_program__attach_usdt(state_->object.program("on_usdt"), -1, library.c_str(),
                                              event.first.c_str(), event.second.c_str(), nullptr);
    if (!link && errno == ENOENT)
      return fail(Errc::not_found, cat("the process's Ruby has no USDT probe ", event.first, ":", event.second));
    return state_->add_link(link, cat("attach to USDT probe ", event.first, ":", event.second));
  }
  LIBBPF_OPTS(bpf_uprobe_opts, options, .func_name = event.second.c_str());
  bpf_link* link = bpf_program__attach_uprobe_opts(state_->object.program("on_uprobe"), -1, library.c_str(), 0,
                                                   &options);
  if (!link && errno == ENOENT)
    return fail(Errc::not_found, no_function(event, library));
  return state_->add_link(link, cat("attach to function ", event.second, " of ", event.first));
}

void StackSource::detach() { state_->links.clear(); }

void StackSource::drain(int timeout_ms, const RecordHandlers& handlers) {
  state_->handlers = &handlers;
  if (timeout_ms > 0) ring_buffer__poll(state_->ring.get(), timeout_ms);
  ring_buffer__consume(state_->ring.get());
  state_->handlers = nullptr;
}

uint64_t StackSource::counter(rb_counter which) const {
  const uint32_t key = which;
  uint64_t value = 0;
  bpf_map_lookup_elem(state_->object.map_fd("counters"), &key, &value);
  return value;
}

std::map<std::string, uint64_t> StackSource::counters() const {
  std::map<std::string, uint64_t> result;
  for (int i = 0; i < rb_counter_count; ++i)
    if (const uint64_t value = counter(static_cast<rb_counter>(i)))
      result.emplace(kCounterNames[i], value);
  if (const uint64_t misses = state_->object.recursion_misses())
    result.emplace("recursion_misses", misses);
  return result;
}

Status StackSource::measure_run_time() {
  state_->statistics.reset(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (!state_->statistics.is_open()) return os_error("enable BPF statistics");
  return {};
}

StackSource::RunTime StackSource::run_time() const {
  RunTime total;
  bpf_program* program;
  bpf_object__for_each_program(program, state_->object.get()) {
    const std::string_view name = bpf_program__name(program);
    bpf_prog_info info = {};
    __u32 size = sizeof info;
    if (name == "on_fork" || name == "on_exec" || name == "on_exit") continue;
    if (bpf_program__fd(program) < 0 || bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) < 0)
      continue;
    total.ns += info.run_time_ns;
    total.runs += info.run_cnt;
  }
  return total;
}

}  // namespace redbee::profiler
