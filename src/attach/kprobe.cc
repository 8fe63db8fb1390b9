// kprobe and kretprobe: the kprobe PMU where it can do it; the tracefs interface for return probes
// with a number of instances (maxactive), which the PMU cannot be told.
#include "src/attach/kprobe.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "redbee/symbols.h"
#include "src/attach/link_state.h"
#include "src/attach/perf_event_fd.h"
#include "src/base/file.h"
#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/kernel/tracefs.h"

namespace redbee {

std::string no_such_function(const KernelSymbols& symbols, std::string_view name) {
  if (symbols.has_function(name)) return "the kernel has this function, but takes no probe on it (notrace, or on its list of exceptions)";
  auto similar = symbols.similar_to(name);
  std::string text = "no such function in this kernel";
  if (!similar.empty()) text += cat("; there are: ", fmt::format("{}", fmt::join(similar, ", ")));
  return text;
}

namespace {

constexpr const char* kGroup = "redbee";

std::string target_of(const KprobeOptions& options) {
  return options.offset ? fmt::format("{}+{:#x}", options.symbol, options.offset) : options.symbol;
}

const char* method_of(const KprobeOptions& options) { return options.is_return ? "kretprobe" : "kprobe"; }

tl::unexpected<Error> probe_error(const KprobeOptions& options, int error) {
  bool is_no_place = error == EINVAL || error == EILSEQ || error == EADDRNOTAVAIL;
  if (!is_no_place && error != ENOENT) return attach_error(method_of(options), target_of(options), error);
  std::string what = cat("attach ", method_of(options), " ", target_of(options), ": ");
  auto symbols = KernelSymbols::open();
  // tracefs says EINVAL, too, of a function that is not there (Linux 6.12).
  if (error == ENOENT || (symbols && !symbols->has_function(options.symbol))) {
    what += symbols ? no_such_function(*symbols, options.symbol) : "no such function in this kernel";
    return fail(Error{Errc::not_found, std::move(what), error, {}});
  }
  what += error == EADDRNOTAVAIL ? "several functions have this name" : cat("the kernel allows no probe there: ", strerror(error));
  return fail(Error{Errc::invalid_argument, std::move(what), error, {}});
}

Result<Link> attach_by_pmu(int program_fd, const KprobeOptions& options, const ProbePmu& pmu) {
  perf_event_attr attributes{};
  attributes.type = pmu.type;
  attributes.config = options.is_return ? pmu.return_bit : 0;
  attributes.config1 = reinterpret_cast<uintptr_t>(options.symbol.c_str());
  attributes.config2 = options.offset;
  UniqueFd event;
  int error = open_perf_event(attributes, -1, 0, -1, event);
  if (error) return probe_error(options, error);
  auto state = new_link(method_of(options), target_of(options));
  Attachment place;
  error = attach_to_perf_event(std::move(event), program_fd, options.cookie, place);
  if (error) return attach_error(method_of(options), target_of(options), error);
  state->places.push_back(std::move(place));
  return Link(std::move(state));
}

// -- tracefs --------------------------------------------------------------------------------------

Result<UniqueFd> open_kprobe_events() { return open_file(TRY(tracefs_path()) + "/kprobe_events", O_WRONLY | O_APPEND); }

Status remove_event(const std::string& name) {
  UniqueFd events = TRY(open_kprobe_events());
  std::string line = cat("-:", kGroup, "/", name);
  if (write(events.get(), line.data(), line.size()) < 0) return os_error(cat("remove the tracefs event ", name));
  return {};
}

// tracefs kprobe_profile: "  r_12_0    40    15", the event, its hits and its misses.
Result<uint64_t> read_missed(const std::string& event) {
  std::string text = TRY(read_file(TRY(tracefs_path()) + "/kprobe_profile"));
  for (std::string_view line : split(text, '\n', false)) {
    auto words = split(line, ' ', false);
    if (words.size() != 3 || words[0] != event) continue;
    if (auto missed = parse_u64(words[2])) return *missed;
  }
  return fail(Errc::not_found, cat("tracefs kprobe_profile has no event ", event));
}

std::string new_event_name() {
  static std::atomic<unsigned> counter;
  return cat("r_", getpid(), "_", counter++);   // the pid tells a later process whom it belonged to
}

Result<Link> attach_by_tracefs(int program_fd, const KprobeOptions& options) {
  sweep_dead_kprobe_events();
  std::string name = new_event_name();
  auto events = open_kprobe_events();
  if (!events) return fail(std::move(events).error().with_context(cat("attach kretprobe ", target_of(options), " with max_active")));
  std::string line = cat("r", options.max_active, ":", kGroup, "/", name, " ", options.symbol);
  if (write(events->get(), line.data(), line.size()) < 0) return probe_error(options, errno);
  auto state = new_link("kretprobe", target_of(options));
  state->undo.push_back([name] { return remove_event(name); });
  state->read_missed = [name] { return read_missed(name); };

  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = TRY(tracepoint_id(kGroup, name));
  UniqueFd event;
  int error = open_perf_event(attributes, -1, 0, -1, event);
  if (error) return probe_error(options, error);
  Attachment place;
  error = attach_to_perf_event(std::move(event), program_fd, options.cookie, place);
  if (error) return attach_error("kretprobe", options.symbol, error);
  state->places.push_back(std::move(place));
  return Link(std::move(state));
}

}  // namespace

size_t sweep_dead_kprobe_events() {
  auto root = tracefs_path();
  DIR* dir = root ? opendir(cat(*root, "/events/", kGroup).c_str()) : nullptr;
  if (!dir) return 0;
  std::vector<std::string> dead;
  while (dirent* entry = readdir(dir)) {
    int pid;
    // A live process of another PID namespace looks dead from here, but the kernel keeps an event in use.
    if (sscanf(entry->d_name, "r_%d_", &pid) == 1 && kill(pid, 0) < 0 && errno == ESRCH) dead.emplace_back(entry->d_name);
  }
  closedir(dir);
  size_t removed = 0;
  for (const std::string& name : dead) removed += remove_event(name).has_value();
  return removed;
}

Result<Link> attach_kprobe_program(int program_fd, const KprobeOptions& options) {
  if (options.is_return && options.offset) {
    return fail(Errc::invalid_argument, cat("attach kretprobe ", target_of(options), ": return probes take no offset"));
  }
  if (options.is_return && options.max_active) return attach_by_tracefs(program_fd, options);
  auto pmu = read_probe_pmu("kprobe");
  if (!pmu) return fail(std::move(pmu).error().with_context(cat("attach ", method_of(options), " ", target_of(options))));
  return attach_by_pmu(program_fd, options, *pmu);
}

Result<Link> attach_kprobe(Object& object, std::string_view program, const KprobeOptions& options) {
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::kprobe}));
  return attach_kprobe_program(loaded.fd(), options);
}

}  // namespace redbee
