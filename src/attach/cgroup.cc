#include <bpf/bpf.h>
#include <fcntl.h>

#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee {
namespace {

struct SectionType {
  const char* section;
  ProgramKind kind;
  bpf_attach_type type;
};
constexpr SectionType kSections[] = {
    {"cgroup_skb/ingress", ProgramKind::cgroup_skb, BPF_CGROUP_INET_INGRESS},
    {"cgroup_skb/egress", ProgramKind::cgroup_skb, BPF_CGROUP_INET_EGRESS},
    {"cgroup/sock_create", ProgramKind::cgroup_sock, BPF_CGROUP_INET_SOCK_CREATE},
    {"cgroup/connect4", ProgramKind::cgroup_sock_addr, BPF_CGROUP_INET4_CONNECT},
    {"cgroup/connect6", ProgramKind::cgroup_sock_addr, BPF_CGROUP_INET6_CONNECT},
    {"cgroup/bind4", ProgramKind::cgroup_sock_addr, BPF_CGROUP_INET4_BIND},
    {"cgroup/dev", ProgramKind::cgroup_device, BPF_CGROUP_DEVICE},
    {"sockops", ProgramKind::sock_ops, BPF_CGROUP_SOCK_OPS},
};

const SectionType* find_section(std::string_view section) {
  for (const SectionType& known : kSections) {
    if (section == known.section) return &known;
  }
  return nullptr;
}

}  // namespace

Result<Link> attach_cgroup(Object& object, std::string_view program, const CgroupOptions& options) {
  const ProgramFacts* facts = object.facts().find_program(program);
  const SectionType* known = facts ? find_section(facts->section) : nullptr;
  int type = options.attach_type >= 0 ? options.attach_type : known ? known->type : -1;
  if (type < 0) return fail(Errc::invalid_argument, cat("attach cgroup ", options.path, ": name the attach type of ", program));
  UniqueFd cgroup = TRY(open_file(options.path, O_RDONLY | O_DIRECTORY));
  LoadOptions load{.kind = known ? known->kind : ProgramKind::automatic, .expected_attach_type = type};
  Program loaded = TRY(object.load(program, load));
  int fd = bpf_link_create(loaded.fd(), cgroup.get(), static_cast<bpf_attach_type>(type), nullptr);
  return link_of_fd(fd, "cgroup", options.path);
}

}  // namespace redbee
