// The table of kernel features, each with the first Linux that should have it and a probe that tries
// it. The same table is docs/kernels.md.
#include "redbee/features.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "src/base/file.h"
#include "src/base/text.h"
#include "src/base/unique_fd.h"
#include "src/kernel/btf.h"
#include "src/kernel/tracefs.h"

namespace redbee {
namespace {

FeatureProbe yes() { return {true, ""}; }
FeatureProbe no(std::string reason) { return {false, std::move(reason)}; }
FeatureProbe no(const char* what, int error) { return {false, cat(what, ": ", strerror(error))}; }

// -- small tries ----------------------------------------------------------------------------------------

// r0 = 0; exit
constexpr bpf_insn kReturnZero[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
                                    {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};

int load_program(bpf_prog_type type, bpf_prog_load_opts* options, UniqueFd& fd) {
  fd.reset(bpf_prog_load(type, "redbee_try", "GPL", kReturnZero, std::size(kReturnZero), options));
  return fd.is_open() ? 0 : errno;
}

FeatureProbe can_load(bpf_prog_type type) {
  UniqueFd fd;
  int error = load_program(type, nullptr, fd);
  return error ? no("load a program", error) : yes();
}

FeatureProbe can_load_tracing(bpf_prog_type type, bpf_attach_type attach, const char* target, bool is_typedef = false) {
  auto btf = Btf::open("/sys/kernel/btf/vmlinux");
  if (!btf) return no(btf.error().message);
  auto id = is_typedef ? btf->find_typedef(target) : btf->find_function(target);
  if (!id) return no(cat("the kernel's BTF has no ", target));
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach, .attach_btf_id = *id);
  UniqueFd fd;
  int error = load_program(type, &options, fd);
  return error ? no("load a program", error) : yes();
}

FeatureProbe has_helper(bpf_func_id helper) {
  int result = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, helper, nullptr);
  return result == 1 ? yes() : no("the verifier does not know the helper");
}

FeatureProbe has_map_type(bpf_map_type type) {
  int result = libbpf_probe_bpf_map_type(type, nullptr);
  return result == 1 ? yes() : no("create a map of that type", result < 0 ? -result : EINVAL);
}

UniqueFd small_hash() { return UniqueFd(bpf_map_create(BPF_MAP_TYPE_HASH, "redbee_try", 4, 8, 4, nullptr)); }

FeatureProbe can_open_event(perf_event_attr attributes, int pid, int cpu, UniqueFd* fd = nullptr) {
  attributes.size = sizeof attributes;
  UniqueFd event(static_cast<int>(syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event.is_open()) return no("perf_event_open", errno);
  if (fd) *fd = std::move(event);
  return yes();
}

perf_event_attr clock_event() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.sample_period = 1000000000;
  attributes.disabled = 1;
  return attributes;
}

FeatureProbe can_open_probe(const char* pmu, uint64_t config1, uint64_t config2, int pid, int cpu) {
  auto type = read_file(cat("/sys/bus/event_source/devices/", pmu, "/type"));
  auto number = type ? parse_u64(trim(*type)) : std::nullopt;
  if (!number) return no(cat("no PMU ", pmu));
  perf_event_attr attributes{};
  attributes.type = static_cast<uint32_t>(*number);
  attributes.config1 = config1;
  attributes.config2 = config2;
  attributes.disabled = 1;
  return can_open_event(attributes, pid, cpu);
}

// -- the probes -----------------------------------------------------------------------------------------

FeatureProbe probe_btf() {
  if (access("/sys/kernel/btf/vmlinux", R_OK) < 0) return no("/sys/kernel/btf/vmlinux", errno);
  return yes();
}

FeatureProbe probe_kprobe() {
  return can_open_probe("kprobe", reinterpret_cast<uintptr_t>("vfs_read"), 0, -1, 0);
}

FeatureProbe probe_uprobe() {
  // The ELF header of this program: no code there, so nothing is ever hit.
  return can_open_probe("uprobe", reinterpret_cast<uintptr_t>("/proc/self/exe"), 0, 0, -1);
}

FeatureProbe probe_kprobe_multi() {
  LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
  UniqueFd program;
  int error = load_program(BPF_PROG_TYPE_KPROBE, &load, program);
  if (error) return no("load a program", error);
  const char* symbol = "vfs_read";
  LIBBPF_OPTS(bpf_link_create_opts, create);
  create.kprobe_multi.syms = &symbol;
  create.kprobe_multi.cnt = 1;
  UniqueFd link(bpf_link_create(program.get(), 0, BPF_TRACE_KPROBE_MULTI, &create));
  return link.is_open() ? yes() : no("create a link", errno);
}

FeatureProbe probe_uprobe_multi() {
  // Newer than the headers: the start of bpf_attr.link_create as Linux 6.6 has it.
  constexpr uint32_t kTraceUprobeMulti = 48;
  LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = static_cast<bpf_attach_type>(kTraceUprobeMulti));
  UniqueFd program;
  int error = load_program(BPF_PROG_TYPE_KPROBE, &load, program);
  if (error) return no("load a program", error);
  uint64_t offset = 0;
  struct {
    uint32_t program, target, attach_type, flags;
    uint64_t path, offsets, reference_counters, cookies;
    uint32_t count, multi_flags, pid, unused;
  } request{};
  request.program = static_cast<uint32_t>(program.get());
  request.attach_type = kTraceUprobeMulti;
  request.path = reinterpret_cast<uintptr_t>("/");
  request.offsets = reinterpret_cast<uintptr_t>(&offset);
  request.count = 1;
  UniqueFd link(static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &request, sizeof request)));
  // A directory cannot be probed; a kernel that knows the request says so with EBADF.
  if (link.is_open() || errno == EBADF) return yes();
  return no("create a link", errno);
}

FeatureProbe probe_lsm() {
  auto active = read_file("/sys/kernel/security/lsm");
  if (active && active->find("bpf") == std::string::npos) {
    return no(cat("bpf is not among the active security modules (", trim(*active), "): boot with lsm=…,bpf"));
  }
  return can_load_tracing(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open");
}

FeatureProbe probe_hardware() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_CPU_CYCLES;
  attributes.disabled = 1;
  return can_open_event(attributes, 0, -1);
}

FeatureProbe probe_link_perf() {
  UniqueFd event, program;
  FeatureProbe opened = can_open_event(clock_event(), 0, -1, &event);
  if (!opened.is_supported) return opened;
  int error = load_program(BPF_PROG_TYPE_PERF_EVENT, nullptr, program);
  if (error) return no("load a program", error);
  UniqueFd link(bpf_link_create(program.get(), event.get(), BPF_PERF_EVENT, nullptr));
  return link.is_open() ? yes() : no("create a link", errno);
}

FeatureProbe probe_batches() {
  UniqueFd map = small_hash();
  if (!map.is_open()) return no("create a map", errno);
  uint32_t key, next, count = 1;
  uint64_t value;
  if (bpf_map_lookup_batch(map.get(), nullptr, &next, &key, &value, &count, nullptr) == 0 || errno == ENOENT) return yes();
  return no("look up a batch", errno);
}

FeatureProbe probe_take_from_hash() {
  UniqueFd map = small_hash();
  if (!map.is_open()) return no("create a map", errno);
  uint32_t key = 0;
  uint64_t value;
  if (bpf_map_lookup_and_delete_elem(map.get(), &key, &value) == 0 || errno == ENOENT) return yes();
  return no("look up and delete", errno);
}

FeatureProbe probe_run_stats() {
  UniqueFd fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  return fd.is_open() ? yes() : no("enable statistics", errno);
}

FeatureProbe probe_global_data() {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_RDONLY_PROG);
  UniqueFd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "redbee_try", 4, 8, 1, &options));
  return map.is_open() ? yes() : no("create a read-only map", errno);
}

FeatureProbe probe_tracefs() {
  auto path = tracefs_path();
  return path ? yes() : no(path.error().message);
}

FeatureProbe probe_ksyms() {
  auto fd = open_file("/proc/kallsyms", O_RDONLY);
  char line[17] = "";
  if (!fd || read(fd->get(), line, 16) != 16) return no("/proc/kallsyms cannot be read");
  return strspn(line, "0") < 16 ? yes() : no("addresses are hidden (kptr_restrict, CAP_SYSLOG)");
}

FeatureProbe probe_syscall_tracepoints() {
  auto id = tracepoint_id("syscalls", "sys_enter_read");
  return id ? yes() : no(id.error().message);
}

FeatureProbe probe_semaphore() {
  if (access("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", F_OK) == 0) return yes();
  return no("the uprobe PMU has no ref_ctr_offset");
}

struct Row {
  Feature feature;
  const char* name;
  const char* description;
  KernelVersion since;
  FeatureProbe (*probe)();
};

constexpr Row kRows[] = {
    {Feature::btf, "btf", "the kernel's types in /sys/kernel/btf", {5, 4}, probe_btf},
    {Feature::tracepoint, "tracepoint", "programs on tracepoints", {4, 7}, [] { return can_load(BPF_PROG_TYPE_TRACEPOINT); }},
    {Feature::raw_tracepoint, "raw_tracepoint", "programs on raw tracepoints", {4, 17},
     [] { return can_load(BPF_PROG_TYPE_RAW_TRACEPOINT); }},
    {Feature::tp_btf, "tp_btf", "raw tracepoints with typed arguments", {5, 5},
     [] { return can_load_tracing(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_sched_switch", true); }},
    {Feature::kprobe, "kprobe", "kprobes by perf_event_open", {4, 17}, probe_kprobe},
    {Feature::kprobe_multi, "kprobe_multi", "one link on many functions", {5, 18}, probe_kprobe_multi},
    {Feature::uprobe, "uprobe", "uprobes by perf_event_open", {4, 17}, probe_uprobe},
    {Feature::uprobe_multi, "uprobe_multi", "one link on many user functions", {6, 6}, probe_uprobe_multi},
    {Feature::usdt_semaphore, "usdt_semaphore", "semaphores counted by the kernel", {4, 20}, probe_semaphore},
    {Feature::fentry, "fentry", "programs on function entry and exit by BTF", {5, 5},
     [] { return can_load_tracing(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "vfs_read"); }},
    {Feature::fmod_ret, "fmod_ret", "programs that change a return value", {5, 7},
     [] { return can_load_tracing(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "security_file_open"); }},
    {Feature::lsm, "lsm", "programs as security hooks", {5, 7}, probe_lsm},
    {Feature::perf_event_software, "perf_event_software", "sampling by the CPU clock", {4, 9},
     [] { return can_open_event(clock_event(), 0, -1); }},
    {Feature::perf_event_hardware, "perf_event_hardware", "sampling by hardware counters", {4, 9}, probe_hardware},
    {Feature::bpf_link_perf, "bpf_link_perf", "links for perf events and probes", {5, 15}, probe_link_perf},
    {Feature::attach_cookie, "attach_cookie", "bpf_get_attach_cookie()", {5, 15},
     [] { return has_helper(BPF_FUNC_get_attach_cookie); }},
    {Feature::ring_buffer, "ring_buffer", "one buffer for all CPUs", {5, 8}, [] { return has_map_type(BPF_MAP_TYPE_RINGBUF); }},
    {Feature::batch_map_ops, "batch_map_ops", "many entries a system call", {5, 6}, probe_batches},
    {Feature::bpf_loop, "bpf_loop", "bpf_loop()", {5, 17}, [] { return has_helper(BPF_FUNC_loop); }},
    {Feature::iter, "iter", "iterators over kernel objects", {5, 8},
     [] { return can_load_tracing(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_task"); }},
    {Feature::run_stats, "run_stats", "run time and count of programs", {5, 8}, probe_run_stats},
    {Feature::global_data, "global_data", "constants in read-only maps", {5, 2}, probe_global_data},
    {Feature::probe_read_kernel, "probe_read_kernel", "bpf_probe_read_kernel()", {5, 5},
     [] { return has_helper(BPF_FUNC_probe_read_kernel); }},
    {Feature::lookup_and_delete_hash, "lookup_and_delete_hash", "take an entry out of a hash at once", {5, 14},
     probe_take_from_hash},
    {Feature::task_storage, "task_storage", "storage that belongs to a task", {5, 11},
     [] { return has_map_type(BPF_MAP_TYPE_TASK_STORAGE); }},
    {Feature::tracefs, "tracefs", "tracefs mounted and readable", {4, 1}, probe_tracefs},
    {Feature::ksyms_visible, "ksyms_visible", "kernel addresses visible", {2, 6}, probe_ksyms},
    {Feature::syscall_tracepoints, "syscall_tracepoints", "a tracepoint for each system call", {4, 7}, probe_syscall_tracepoints},
};

const Row& row_of(Feature feature) { return kRows[static_cast<size_t>(feature)]; }

}  // namespace

KernelVersion running_kernel() {
  utsname names;
  KernelVersion version;
  if (uname(&names) == 0) sscanf(names.release, "%d.%d", &version.major, &version.minor);
  return version;
}

std::span<const Feature> all_features() {
  static const std::vector<Feature> all = [] {
    std::vector<Feature> features;
    for (const Row& row : kRows) features.push_back(row.feature);
    return features;
  }();
  return all;
}

std::string_view name_of(Feature feature) { return row_of(feature).name; }
std::string_view describe(Feature feature) { return row_of(feature).description; }
KernelVersion since(Feature feature) { return row_of(feature).since; }

const FeatureProbe& Features::probe(Feature feature) {
  auto [it, is_new] = known_.try_emplace(feature);
  if (is_new) it->second = row_of(feature).probe();
  return it->second;
}

}  // namespace redbee
