#include "src/attach/clsact.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/load/libbpf_log.h"

namespace redbee {
namespace {

// Names of the guards, as the kernel and `tc filter show` give them. The second says that the qdisc is
// a Link's: one that joins later inherits the duty to remove it.
constexpr const char* kGuard = "redbee_tc";
constexpr const char* kOwningGuard = "redbee_tc_owner";

// -- the filters there are, by netlink: libbpf asks for one filter of known number only ---------------

struct ListRequest {
  nlmsghdr header;
  tcmsg message;
};

ListRequest list_request(int interface, bool is_egress) {
  ListRequest request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETTFILTER;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.message.tcm_family = AF_UNSPEC;
  request.message.tcm_ifindex = interface;
  request.message.tcm_parent = TC_H_MAKE(TC_H_CLSACT, is_egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
  return request;
}

const rtattr* find_attribute(const rtattr* attribute, size_t bytes, int type) {
  for (int left = static_cast<int>(bytes); RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if ((attribute->rta_type & NLA_TYPE_MASK) == type) return attribute;
  }
  return nullptr;
}

uint32_t program_id_of(const nlmsghdr& header) {
  auto* message = static_cast<const tcmsg*>(NLMSG_DATA(&header));
  const rtattr* options = find_attribute(TCA_RTA(message), TCA_PAYLOAD(&header), TCA_OPTIONS);
  if (!options) return 0;
  const rtattr* id = find_attribute(static_cast<const rtattr*>(RTA_DATA(options)), RTA_PAYLOAD(options), TCA_BPF_ID);
  uint32_t value = 0;
  if (id && RTA_PAYLOAD(id) >= sizeof value) memcpy(&value, RTA_DATA(id), sizeof value);
  return value;
}

// False at the end of the answer.
Result<bool> read_answer(int fd, bool is_egress, std::vector<ClsactFilter>& filters) {
  alignas(nlmsghdr) char buffer[32768];
  ssize_t received = recv(fd, buffer, sizeof buffer, 0);
  if (received < 0) return os_error("list tc filters: receive");
  auto left = static_cast<unsigned>(received);
  for (auto* header = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
    if (header->nlmsg_type == NLMSG_DONE) return false;
    if (header->nlmsg_type == NLMSG_ERROR) {
      return os_error("list tc filters", -static_cast<nlmsgerr*>(NLMSG_DATA(header))->error);
    }
    auto* message = static_cast<tcmsg*>(NLMSG_DATA(header));
    // Handle 0 stands for the list that holds the filters of one priority.
    if (header->nlmsg_type != RTM_NEWTFILTER || !message->tcm_handle) continue;
    filters.push_back({.place = {.interface = message->tcm_ifindex,
                                 .is_egress = is_egress,
                                 .priority = TC_H_MAJ(message->tcm_info) >> 16,
                                 .handle = message->tcm_handle},
                       .program_id = program_id_of(*header)});
  }
  return true;
}

Status list_direction(int interface, bool is_egress, std::vector<ClsactFilter>& filters) {
  UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd.is_open()) return os_error("list tc filters: socket");
  ListRequest request = list_request(interface, is_egress);
  if (send(fd.get(), &request, sizeof request, 0) < 0) return os_error("list tc filters: send");
  while (TRY(read_answer(fd.get(), is_egress, filters))) {
  }
  return {};
}

// -- guards ---------------------------------------------------------------------------------------------

enum class GuardState { not_a_guard, live, dead };
struct GuardView {
  GuardState state = GuardState::not_a_guard;
  bool owns_qdisc = false;
};

GuardView view_guard(uint32_t program_id) {
  UniqueFd program(program_id ? bpf_prog_get_fd_by_id(program_id) : -1);
  uint32_t map_id = 0, size = sizeof(bpf_prog_info);
  bpf_prog_info info{};
  info.nr_map_ids = 1;
  info.map_ids = reinterpret_cast<uintptr_t>(&map_id);
  if (!program.is_open() || bpf_obj_get_info_by_fd(program.get(), &info, &size) < 0) return {};
  bool owns_qdisc = strcmp(info.name, kOwningGuard) == 0;
  if (!owns_qdisc && strcmp(info.name, kGuard) != 0) return {};
  UniqueFd array(bpf_map_get_fd_by_id(map_id));
  uint32_t key = 0, id = 0;
  if (!array.is_open()) return {};
  bool is_empty = bpf_map_lookup_elem(array.get(), &key, &id) < 0 && errno == ENOENT;
  return {is_empty ? GuardState::dead : GuardState::live, owns_qdisc};
}

bpf_insn load_word(uint8_t reg, uint8_t source, int value) {
  return {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = reg, .src_reg = source, .off = 0, .imm = value};
}
bpf_insn set_register(uint8_t reg, int value) {
  return {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg, .src_reg = 0, .off = 0, .imm = value};
}
bpf_insn jump(uint8_t operation, int value) {
  return {.code = static_cast<uint8_t>(BPF_JMP | operation), .dst_reg = 0, .src_reg = 0, .off = 0, .imm = value};
}

// bpf_tail_call(context, array, 0); return TC_ACT_UNSPEC, which lets the next filter decide.
Result<UniqueFd> load_guard(int array_fd, bool owns_qdisc) {
  const bpf_insn code[] = {load_word(BPF_REG_2, BPF_PSEUDO_MAP_FD, array_fd),
                           bpf_insn{},
                           set_register(BPF_REG_3, 0),
                           jump(BPF_CALL, BPF_FUNC_tail_call),
                           set_register(BPF_REG_0, TC_ACT_UNSPEC),
                           jump(BPF_EXIT, 0)};
  UniqueFd guard(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, owns_qdisc ? kOwningGuard : kGuard, "GPL", code, std::size(code), nullptr));
  if (!guard.is_open()) return os_error("load the filter that guards the program");
  return guard;
}

Result<UniqueFd> make_array_of(int program_fd) {
  UniqueFd array(bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, kGuard, 4, 4, 1, nullptr));
  if (!array.is_open()) return os_error("create a program array");
  uint32_t key = 0, value = static_cast<uint32_t>(program_fd);
  if (bpf_map_update_elem(array.get(), &key, &value, BPF_ANY) < 0) return os_error("put the program into its array");
  return array;
}

bpf_tc_hook hook_of(int interface, int point) {
  return {.sz = sizeof(bpf_tc_hook), .ifindex = interface, .attach_point = static_cast<bpf_tc_attach_point>(point), .parent = 0};
}

bpf_tc_hook hook_of(const ClsactPlace& place) { return hook_of(place.interface, place.is_egress ? BPF_TC_EGRESS : BPF_TC_INGRESS); }

void remove_qdisc_if_empty(int interface) {
  LibbpfMessages messages;
  auto filters = list_clsact_filters(interface);
  if (!filters || !filters->empty()) return;
  bpf_tc_hook both = hook_of(interface, BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&both);
}

bool has_owning_guard(const std::vector<ClsactFilter>& filters) {
  return std::any_of(filters.begin(), filters.end(), [](const ClsactFilter& f) { return view_guard(f.program_id).owns_qdisc; });
}

Status attach_guard(int guard_fd, const ClsactPlace& place) {
  LibbpfMessages messages;
  bpf_tc_hook hook = hook_of(place);
  LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = guard_fd, .handle = place.handle, .priority = place.priority);
  int error = bpf_tc_attach(&hook, &options);
  if (error == -EEXIST) {
    return fail(Error{Errc::invalid_argument,
                      cat("another filter has priority ", place.priority, " and handle ", place.handle, ": choose others"),
                      EEXIST,
                      {}});
  }
  if (error) return os_error("add a filter to the clsact qdisc", -error);
  return {};
}

}  // namespace

Result<std::vector<ClsactFilter>> list_clsact_filters(int interface) {
  std::vector<ClsactFilter> filters;
  TRY(list_direction(interface, false, filters));
  TRY(list_direction(interface, true, filters));
  return filters;
}

Result<GuardedFilter> add_guarded_filter(int program_fd, const ClsactPlace& place) {
  TRY(sweep_dead_filters(place.interface));
  LibbpfMessages messages;
  bpf_tc_hook hook = hook_of(place);
  int error = bpf_tc_hook_create(&hook);
  if (error && error != -EEXIST) return os_error("add a clsact qdisc", -error);
  GuardedFilter filter{.place = place, .array = {}, .owns_qdisc = error == 0};
  if (!filter.owns_qdisc) filter.owns_qdisc = has_owning_guard(TRY(list_clsact_filters(place.interface)));
  filter.array = TRY(make_array_of(program_fd));
  UniqueFd guard = TRY(load_guard(filter.array.get(), filter.owns_qdisc));
  Status attached = attach_guard(guard.get(), place);
  if (attached) return filter;
  if (filter.owns_qdisc) remove_qdisc_if_empty(place.interface);
  return fail(std::move(attached).error());
}

Status remove_filter(const ClsactPlace& place, bool owns_qdisc) {
  LibbpfMessages messages;
  bpf_tc_hook hook = hook_of(place);
  LIBBPF_OPTS(bpf_tc_opts, options, .handle = place.handle, .priority = place.priority);
  int error = bpf_tc_detach(&hook, &options);
  if (owns_qdisc) remove_qdisc_if_empty(place.interface);
  if (error) return fail(Error{Errc::os, cat("remove tc filter: ", messages.last()), -error, {}});
  return {};
}

Result<size_t> sweep_dead_filters(int interface) {
  size_t removed = 0;
  for (const ClsactFilter& filter : TRY(list_clsact_filters(interface))) {
    GuardView guard = view_guard(filter.program_id);
    if (guard.state != GuardState::dead) continue;
    TRY(remove_filter(filter.place, guard.owns_qdisc));
    removed++;
  }
  return removed;
}

Result<size_t> sweep_dead_filters_everywhere() {
  struct if_nameindex* interfaces = if_nameindex();
  if (!interfaces) return os_error("list network interfaces");
  size_t removed = 0;
  Status status;
  for (auto* each = interfaces; each->if_index && status; each++) {
    auto swept = sweep_dead_filters(static_cast<int>(each->if_index));
    if (swept) removed += *swept;
    else status = fail(std::move(swept).error().with_context(each->if_name));
  }
  if_freenameindex(interfaces);
  TRY(std::move(status));
  return removed;
}

}  // namespace redbee
