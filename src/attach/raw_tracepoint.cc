#include "src/attach/raw_tracepoint.h"

#include <bpf/bpf.h>

#include "src/attach/link_state.h"
#include "src/base/text.h"

namespace redbee {

Result<Link> attach_raw_tracepoint_program(int program_fd, const std::string& tracepoint, std::string method, std::string target) {
  int fd = bpf_raw_tracepoint_open(tracepoint.c_str(), program_fd);
  if (fd == -ENOENT) {
    return fail(Error{Errc::not_found, cat("attach ", method, " ", target, ": this kernel has no raw tracepoint ", tracepoint),
                      ENOENT,
                      {}});
  }
  return link_of_fd(fd, std::move(method), std::move(target));
}

Result<Link> attach_raw_tracepoint(Object& object, std::string_view program, const RawTracepointOptions& options) {
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::raw_tracepoint}));
  return attach_raw_tracepoint_program(loaded.fd(), options.name, "raw_tracepoint", options.name);
}

}  // namespace redbee
