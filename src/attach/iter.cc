#include <bpf/bpf.h>
#include <unistd.h>

#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee {

Result<Link> attach_iter(Object& object, std::string_view program, const IterOptions& options) {
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::iter, .target = options.target}));
  const ProgramFacts* facts = object.facts().find_program(program);
  std::string target = !options.target.empty() ? options.target : facts ? facts->target : std::string(program);
  return link_of_fd(bpf_link_create(loaded.fd(), 0, BPF_TRACE_ITER, nullptr), "iter", std::move(target));
}

Result<std::string> read_iter(const Link& link) {
  UniqueFd fd(bpf_iter_create(link.fd()));
  if (!fd.is_open()) return os_error(cat("run iterator ", link.target()));
  std::string text;
  char buffer[65536];
  while (true) {
    ssize_t n = read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0) return os_error(cat("read iterator ", link.target()));
    if (n == 0) return text;
    text.append(buffer, static_cast<size_t>(n));
  }
}

}  // namespace redbee
