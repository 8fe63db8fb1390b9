#include <algorithm>

#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/attach/perf_event_fd.h"
#include "src/base/text.h"
#include "src/kernel/cpus.h"

namespace redbee {
namespace {

Result<std::vector<int>> choose_cpus(const PerfEventOptions& options) {
  if (options.cpu >= 0) return std::vector<int>{options.cpu};
  if (options.pid >= 0) return std::vector<int>{-1};
  return online_cpus();
}

perf_event_attr attributes_of(const PerfEventOptions& options) {
  perf_event_attr attributes{};
  attributes.type = options.type;
  attributes.config = options.config;
  attributes.inherit = options.inherit;
  if (options.frequency_hz) {
    attributes.freq = 1;
    attributes.sample_freq = options.frequency_hz;
  } else {
    attributes.sample_period = options.period;
  }
  return attributes;
}

bool is_online(int cpu) {
  auto cpus = online_cpus();
  return !cpus || std::find(cpus->begin(), cpus->end(), cpu) != cpus->end();
}

tl::unexpected<Error> event_error(const PerfEventOptions& options, const std::string& target, int error) {
  if (error == ESRCH) return fail(Error{Errc::not_found, cat("attach perf_event ", target, ": no process ", options.pid), error, {}});
  if (options.cpu >= 0 && !is_online(options.cpu)) {
    return fail(Error{Errc::not_found, cat("attach perf_event ", target, ": no CPU ", options.cpu, " is running"), error, {}});
  }
  if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV) {
    return fail(Error{Errc::not_supported,
                      cat("attach perf_event ", target, ": this machine has no such event (no hardware counters in "
                          "many virtual machines; cpu-clock always works)"),
                      error,
                      {}});
  }
  return attach_error("perf_event", target, error);
}

}  // namespace

Result<Link> attach_perf_event(Object& object, std::string_view program, const PerfEventOptions& options) {
  std::string target = cat("type ", options.type, " config ", options.config);
  if ((options.period == 0) == (options.frequency_hz == 0)) {
    return fail(Errc::invalid_argument, cat("attach perf_event ", target, ": give a period or a frequency, and only one"));
  }
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::perf_event}));
  auto state = new_link("perf_event", target);
  for (int cpu : TRY(choose_cpus(options))) {
    UniqueFd event;
    int error = open_perf_event(attributes_of(options), options.pid, cpu, options.group_fd, event);
    Attachment place;
    if (!error) error = attach_to_perf_event(std::move(event), loaded.fd(), options.cookie, place);
    // A CPU that went offline since the list was read has nothing to sample.
    if (error == ENODEV && options.cpu < 0 && options.pid < 0) continue;
    if (error) return event_error(options, target, error);
    state->places.push_back(std::move(place));
  }
  return Link(std::move(state));
}

}  // namespace redbee
