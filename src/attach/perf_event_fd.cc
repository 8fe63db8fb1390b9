#include "src/attach/perf_event_fd.h"

#include <bpf/bpf.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee {

int open_perf_event(perf_event_attr attributes, int pid, int cpu, int group_fd, UniqueFd& fd) {
  attributes.size = sizeof attributes;
  long result = syscall(SYS_perf_event_open, &attributes, pid, cpu, group_fd, PERF_FLAG_FD_CLOEXEC);
  if (result < 0) return errno;
  fd.reset(static_cast<int>(result));
  return 0;
}

int attach_to_perf_event(UniqueFd event, int program_fd, uint64_t cookie, Attachment& attachment) {
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.perf_event.bpf_cookie = cookie;
  int link = bpf_link_create(program_fd, event.get(), BPF_PERF_EVENT, &options);
  if (link >= 0) {
    attachment.link.reset(link);
  } else {
    int error = -link;
    // EINVAL: no such link type before Linux 5.15, where a cookie cannot be given either.
    if (error != EINVAL || cookie) return error == EINVAL ? EOPNOTSUPP : error;
    if (ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program_fd) < 0) return errno;
  }
  if (ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) < 0) return errno;
  attachment.event = std::move(event);
  return 0;
}

Result<ProbePmu> read_probe_pmu(const std::string& name) {
  std::string directory = cat("/sys/bus/event_source/devices/", name);
  auto type = read_file(directory + "/type");
  auto number = type ? parse_u64(trim(*type)) : std::nullopt;
  if (!number) {
    return fail(Errc::not_supported, cat("this kernel has no ", name, "s (CONFIG_", name == "kprobe" ? "K" : "U",
                                         "PROBE_EVENTS is off, or it is older than Linux 4.17)"));
  }
  ProbePmu pmu{static_cast<uint32_t>(*number), 1};
  auto format = read_file(directory + "/format/retprobe");   // "config:0"
  std::string_view text = format ? trim(*format) : std::string_view();
  constexpr std::string_view kConfig = "config:";
  if (text.starts_with(kConfig)) {
    auto bit = parse_u64(text.substr(kConfig.size()));
    if (bit && *bit < 64) pmu.return_bit = uint64_t{1} << *bit;
  }
  return pmu;
}

std::string perf_event_hint(int error) {
  switch (error) {
    case EOPNOTSUPP:
      return "cookies need Linux 5.15";
    case E2BIG:
      return "this kernel's perf is too old";
    case EMFILE:
      return "too many open files: raise ulimit -n";
    case EBUSY:
      return "the counter is in use";
    default:
      return "";
  }
}

}  // namespace redbee
