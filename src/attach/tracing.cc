// fentry, fexit, fmod_ret, tp_btf and lsm: the program names its target by BTF id when it is loaded;
// attaching only switches it on.
#include <bpf/bpf.h>

#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee {
namespace {

std::string target_of(const Object& object, std::string_view program, const TracingOptions& options) {
  if (!options.target.empty()) return options.target;
  const ProgramFacts* facts = object.facts().find_program(program);
  return facts && !facts->target.empty() ? facts->target : std::string(program);
}

struct Tracing {
  ProgramKind kind;
  bpf_attach_type type;
  const char* method;
};

Result<Link> attach(Object& object, std::string_view program, const TracingOptions& options, const Tracing& tracing) {
  Program loaded = TRY(object.load(program, {.kind = tracing.kind, .target = options.target}));
  std::string target = target_of(object, program, options);
  LIBBPF_OPTS(bpf_link_create_opts, create);
  create.tracing.cookie = options.cookie;
  int fd = bpf_link_create(loaded.fd(), 0, tracing.type, options.cookie ? &create : nullptr);
  return link_of_fd(fd, tracing.method, target);
}

}  // namespace

Result<Link> attach_fentry(Object& object, std::string_view program, const TracingOptions& options) {
  return attach(object, program, options, {ProgramKind::fentry, BPF_TRACE_FENTRY, "fentry"});
}

Result<Link> attach_fexit(Object& object, std::string_view program, const TracingOptions& options) {
  return attach(object, program, options, {ProgramKind::fexit, BPF_TRACE_FEXIT, "fexit"});
}

Result<Link> attach_fmod_ret(Object& object, std::string_view program, const TracingOptions& options) {
  return attach(object, program, options, {ProgramKind::fmod_ret, BPF_MODIFY_RETURN, "fmod_ret"});
}

Result<Link> attach_tp_btf(Object& object, std::string_view program, const TracingOptions& options) {
  return attach(object, program, options, {ProgramKind::tp_btf, BPF_TRACE_RAW_TP, "tp_btf"});
}

Result<Link> attach_lsm(Object& object, std::string_view program, const TracingOptions& options) {
  return attach(object, program, options, {ProgramKind::lsm, BPF_LSM_MAC, "lsm"});
}

}  // namespace redbee
