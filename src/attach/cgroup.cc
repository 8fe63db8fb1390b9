#include <bpf/bpf.h>
#include <fcntl.h>

#include <cstring>

#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee {
namespace {

struct AttachType {
  bpf_attach_type type;
  ProgramKind kind;
};
constexpr AttachType kAttachTypes[] = {
    {BPF_CGROUP_INET_INGRESS, ProgramKind::cgroup_skb},       {BPF_CGROUP_INET_EGRESS, ProgramKind::cgroup_skb},
    {BPF_CGROUP_INET_SOCK_CREATE, ProgramKind::cgroup_sock},  {BPF_CGROUP_INET_SOCK_RELEASE, ProgramKind::cgroup_sock},
    {BPF_CGROUP_INET4_POST_BIND, ProgramKind::cgroup_sock},   {BPF_CGROUP_INET6_POST_BIND, ProgramKind::cgroup_sock},
    {BPF_CGROUP_INET4_BIND, ProgramKind::cgroup_sock_addr},   {BPF_CGROUP_INET6_BIND, ProgramKind::cgroup_sock_addr},
    {BPF_CGROUP_INET4_CONNECT, ProgramKind::cgroup_sock_addr}, {BPF_CGROUP_INET6_CONNECT, ProgramKind::cgroup_sock_addr},
    {BPF_CGROUP_GETSOCKOPT, ProgramKind::cgroup_sockopt},     {BPF_CGROUP_SETSOCKOPT, ProgramKind::cgroup_sockopt},
    {BPF_CGROUP_DEVICE, ProgramKind::cgroup_device},          {BPF_CGROUP_SOCK_OPS, ProgramKind::sock_ops},
};

// automatic: the section says it.
ProgramKind kind_for(int attach_type) {
  for (const AttachType& known : kAttachTypes) {
    if (known.type == attach_type) return known.kind;
  }
  return ProgramKind::automatic;
}

bool goes_to_cgroups(uint32_t program_type) {
  switch (program_type) {
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_CGROUP_SYSCTL:
    case BPF_PROG_TYPE_SOCK_OPS:
      return true;
    default:
      return false;
  }
}

Result<UniqueFd> open_cgroup(const std::string& path) {
  auto cgroup = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!cgroup) return fail(std::move(cgroup).error().with_context(cat("attach cgroup ", path)));
  return cgroup;
}

}  // namespace

Result<Link> attach_cgroup(Object& object, std::string_view program, const CgroupOptions& options) {
  UniqueFd cgroup = TRY(open_cgroup(options.path));
  LoadOptions load{.kind = kind_for(options.attach_type), .expected_attach_type = options.attach_type};
  Program loaded = TRY(object.load(program, load));
  if (!goes_to_cgroups(loaded.type())) {
    return fail(Errc::invalid_argument, cat("attach cgroup ", options.path, ": ", program, " is no program for cgroups: put it into "
                                            "a section like cgroup_skb/egress, or name the attach type"));
  }
  int fd = bpf_link_create(loaded.fd(), cgroup.get(), static_cast<bpf_attach_type>(loaded.attach_type()), nullptr);
  if (fd == -EBADF || fd == -EINVAL) {
    return fail(Error{Errc::invalid_argument,
                      cat("attach cgroup ", options.path, ": not a cgroup v2 directory, or it does not take attach type ",
                          loaded.attach_type(), ": ", strerror(-fd)),
                      -fd,
                      {}});
  }
  return link_of_fd(fd, "cgroup", options.path);
}

}  // namespace redbee
