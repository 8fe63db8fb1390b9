// errno, read on the line of the system call, as an Error.
#pragma once

#include <cerrno>
#include <initializer_list>
#include <string>
#include <string_view>

#include "redbee/result.h"

namespace redbee {

// `what` names the call and its object: os_error("open /sys/kernel/btf/vmlinux").
// EPERM and EACCES become not_permitted, ENOENT not_found, the rest os.
tl::unexpected<Error> os_error(std::string what, int error = errno);

// The same for files and directories of the user's, where EACCES says nothing about capabilities.
tl::unexpected<Error> file_error(std::string what, int error = errno);

// "CAP_BPF, CAP_PERFMON": which of the capabilities that tracing needs this process lacks; empty
// when it has them all (CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, Linux 5.8).
std::string missing_capabilities();
// The same of those named: {"CAP_BPF", "CAP_NET_ADMIN"}.
std::string missing_capabilities(std::initializer_list<std::string_view> needed);

}  // namespace redbee
