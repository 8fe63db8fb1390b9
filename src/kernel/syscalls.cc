// System calls: their numbers, and the names of the functions behind them.
#include <algorithm>
#include <string_view>

#include "redbee/symbols.h"

namespace redbee {
namespace {

struct Syscall {
  std::string_view name;
  int number;
};

#if defined(__x86_64__)
constexpr Syscall kSyscalls[] = {
#include "src/kernel/syscalls_x86_64.inc"
};
constexpr const char* kPrefix = "__x64_sys_";   // Linux 4.17
#else
#error "Redbee has no table of system calls for this architecture yet"
#endif

// What a user may write before the bare name: BCC's spellings, and those of other kernels.
constexpr std::string_view kSpellings[] = {
    "__x64_sys_", "__x32_compat_sys_", "__ia32_compat_sys_", "__arm64_sys_", "__s390x_sys_", "__s390_sys_",
    "__riscv_sys_", "__se_sys_", "__do_sys_", "SyS_", "sys_",
};

}  // namespace

std::string syscall_prefix() { return kPrefix; }

std::optional<std::string> syscall_of_symbol(std::string_view symbol) {
  for (std::string_view prefix : kSpellings) {
    if (!symbol.starts_with(prefix)) continue;
    std::string_view name = symbol.substr(prefix.size());
    // sys_ also begins functions that are no system calls (sys_imageblit).
    if (syscall_number(name)) return std::string(name);
  }
  return std::nullopt;
}

std::optional<int> syscall_number(std::string_view name) {
  // Kernel functions whose names differ from the number's: sys_newuname is behind uname.
  struct Alias {
    std::string_view function, name;
  };
  constexpr Alias kAliases[] = {{"newuname", "uname"},   {"newstat", "stat"},         {"newfstat", "fstat"},
                                {"newlstat", "lstat"},   {"newfstatat", "newfstatat"}, {"sendfile64", "sendfile"},
                                {"pread", "pread64"},    {"pwrite", "pwrite64"},      {"umount", "umount2"}};
  for (const Alias& alias : kAliases) {
    if (name == alias.function) name = alias.name;
  }
  auto found = std::find_if(std::begin(kSyscalls), std::end(kSyscalls), [&](const Syscall& s) { return s.name == name; });
  if (found == std::end(kSyscalls)) return std::nullopt;
  return found->number;
}

}  // namespace redbee
