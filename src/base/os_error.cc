#include "src/base/os_error.h"

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

std::string missing_capabilities() {
  struct Named {
    int bit;
    const char* name;
  };
  constexpr Named kNeeded[] = {{39, "CAP_BPF"}, {38, "CAP_PERFMON"}, {19, "CAP_SYS_PTRACE"}};
  constexpr int kSysAdmin = 21;
  uint64_t have = effective_capabilities();
  std::string missing;
  for (const Named& needed : kNeeded) {
    bool implied = needed.bit != 19 && (have >> kSysAdmin & 1);
    if (have >> needed.bit & 1 || implied) continue;
    if (!missing.empty()) missing += ", ";
    missing += needed.name;
  }
  return missing;
}

}  // namespace redbee
