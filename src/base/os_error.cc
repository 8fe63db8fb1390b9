#include "src/base/os_error.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "src/base/text.h"

namespace redbee {
namespace {

Errc code_of(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return Errc::not_permitted;
    case ENOENT:
    case ESRCH:
      return Errc::not_found;
    case EINVAL:
      return Errc::invalid_argument;
    default:
      return Errc::os;
  }
}

uint64_t effective_capabilities() {
  uint64_t effective = 0;
  if (FILE* status = fopen("/proc/self/status", "re")) {
    char line[256];
    while (fgets(line, sizeof line, status)) {
      unsigned long long value;
      if (sscanf(line, "CapEff: %llx", &value) == 1) effective = value;
    }
    fclose(status);
  }
  return effective;
}

}  // namespace

tl::unexpected<Error> os_error(std::string what, int error) {
  what += ": ";
  what += strerror(error);  // NOLINT: strerror is thread-safe in glibc >= 2.32
  if (error == EPERM || error == EACCES) {
    std::string missing = missing_capabilities();
    if (!missing.empty()) what += cat(" (this process lacks ", missing, ")");
  }
  return fail(Error{code_of(error), std::move(what), error, {}});
}

tl::unexpected<Error> file_error(std::string what, int error) {
  what += ": ";
  what += strerror(error);  // NOLINT: as above
  return fail(Error{code_of(error), std::move(what), error, {}});
}

std::string missing_capabilities() { return missing_capabilities({"CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE"}); }

std::string missing_capabilities(std::initializer_list<std::string_view> needed) {
  struct Capability {
    int bit;
    std::string_view name;
    bool is_in_sys_admin;
  };
  constexpr Capability kKnown[] = {
      {39, "CAP_BPF", true}, {38, "CAP_PERFMON", true}, {19, "CAP_SYS_PTRACE", false}, {12, "CAP_NET_ADMIN", false}};
  constexpr int kSysAdmin = 21;
  uint64_t have = effective_capabilities();
  std::string missing;
  for (const Capability& known : kKnown) {
    if (std::find(needed.begin(), needed.end(), known.name) == needed.end()) continue;
    if (have >> known.bit & 1 || (known.is_in_sys_admin && have >> kSysAdmin & 1)) continue;
    missing += cat(missing.empty() ? "" : ", ", known.name);
  }
  return missing;
}

}  // namespace redbee
