#include "src/load/load_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <cstring>
#include <mutex>

#include "src/base/log.h"
#include "src/base/os_error.h"
#include "src/base/text.h"
#include "src/load/bpf_object.h"
#include "src/load/libbpf_log.h"
#include "src/load/program_kind.h"
#include "src/load/verifier_log.h"

namespace redbee {
namespace {

// -- programs attached by BTF id --------------------------------------------------------------------
//
// For a program of type TRACING or LSM libbpf parses the kernel's whole BTF before it loads anything
// (20-50 ms). So such sections are registered here under another type; the real one, and the id that
// we looked up ourselves, are put in between libbpf's relocation and the system call.

struct TracingTarget {
  uint32_t type;
  int expected_attach_type;
  uint32_t btf_id;
  int btf_fd;
};
thread_local const TracingTarget* tracing_target = nullptr;

constexpr bpf_prog_type kStandIn = BPF_PROG_TYPE_RAW_TRACEPOINT;
constexpr long kSleepable = 1;

int prepare_tracing_load(bpf_program* program, bpf_prog_load_opts* options, long cookie) {
  if (cookie == kSleepable) options->prog_flags |= BPF_F_SLEEPABLE;
  if (!tracing_target) return 0;
  options->attach_btf_id = tracing_target->btf_id;
  options->attach_btf_obj_fd = static_cast<uint32_t>(std::max(0, tracing_target->btf_fd));
  options->expected_attach_type = static_cast<bpf_attach_type>(tracing_target->expected_attach_type);
  return bpf_program__set_type(program, static_cast<bpf_prog_type>(tracing_target->type));
}

void register_section(const std::string& section, long cookie) {
  LIBBPF_OPTS(libbpf_prog_handler_opts, options, .cookie = cookie, .prog_prepare_load_fn = prepare_tracing_load);
  libbpf_register_prog_handler(section.c_str(), kStandIn, static_cast<bpf_attach_type>(0), &options);
}

void register_tracing_sections() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (const char* name : {"fentry", "fexit", "fmod_ret", "tp_btf", "lsm", "iter"}) {
      register_section(cat(name, "+"), 0);
      register_section(cat(name, ".s+"), kSleepable);
    }
  });
}

// -- what kind it is --------------------------------------------------------------------------------

const TwinFacts* find_twin_named(const Facts& facts, std::string_view name) {
  for (const ProgramFacts& program : facts.programs) {
    for (const TwinFacts& twin : program.twins) {
      if (twin.name == name) return &twin;
    }
  }
  return nullptr;
}

const ProgramFacts* owner_of(const Facts& facts, std::string_view name) {
  for (const ProgramFacts& program : facts.programs) {
    if (program.name == name) return &program;
    for (const TwinFacts& twin : program.twins) {
      if (twin.name == name) return &program;
    }
    for (const UsdtVariantFacts& variant : program.usdt) {
      if (variant.name == name) return &program;
    }
  }
  return nullptr;
}

// "fentry.s/vfs_read" → fentry; automatic for the many whose type libbpf knows from the section.
ProgramKind kind_of_section(std::string_view section) {
  std::string_view prefix = section.substr(0, section.find('/'));
  if (prefix.ends_with(".s")) prefix.remove_suffix(2);
  auto kind = kind_named(prefix);
  return kind && info_of(*kind).btf_prefix ? *kind : ProgramKind::automatic;
}

ProgramKind choose_kind(const LoadRequest& request, std::string_view section) {
  if (request.options.kind != ProgramKind::automatic) return request.options.kind;
  const Facts& facts = request.image.facts();
  if (const TwinFacts* twin = find_twin_named(facts, request.name)) {
    if (auto kind = kind_named(twin->kind)) return *kind;
  }
  if (const ProgramFacts* program = owner_of(facts, request.name)) {
    if (auto kind = kind_named(program->kind)) return *kind;
  }
  return kind_of_section(section);
}

std::string choose_target(const LoadRequest& request, std::string_view section) {
  if (!request.options.target.empty()) return request.options.target;
  const ProgramFacts* program = owner_of(request.image.facts(), request.name);
  if (program && !program->target.empty()) return program->target;
  size_t slash = section.find('/');
  return slash == section.npos ? "" : std::string(section.substr(slash + 1));
}

// -- the kernel's answer ------------------------------------------------------------------------------

// Room for a whole log; only pages that the kernel writes cost memory.
class LogBuffer {
 public:
  LogBuffer() {
    void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    data_ = memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
  }
  ~LogBuffer() {
    if (data_) munmap(data_, kBytes);
  }
  LogBuffer(const LogBuffer&) = delete;
  char* data() { return data_; }
  size_t size() const { return data_ ? kBytes : 0; }
  std::string text() const { return data_ ? std::string(data_, strnlen(data_, kBytes)) : ""; }

 private:
  static constexpr size_t kBytes = (16u << 20) - 1;   // the most that kernels before 5.2 take
  char* data_;
};

std::string missing_for(ProgramKind kind) {
  if (kind == ProgramKind::socket_filter) return missing_capabilities({"CAP_BPF"});
  // The enumeration has the network's kinds last.
  if (kind > ProgramKind::socket_filter) return missing_capabilities({"CAP_BPF", "CAP_NET_ADMIN"});
  return missing_capabilities({"CAP_BPF", "CAP_PERFMON"});
}

std::string why_not_permitted(const KindInfo& kind) {
  std::string missing = missing_for(kind.kind);
  if (!missing.empty()) return cat("not permitted: this process lacks ", missing);
  return cat("not permitted although no capability is missing: this kernel refuses ",
             *kind.name ? kind.name : "such", " programs (lockdown, a security module, or its configuration)");
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::string_view line : split(text, '\n', false)) lines.emplace_back(line);
  return lines;
}

tl::unexpected<Error> load_failed(const LoadRequest& request, const KindInfo& kind, int error, const LogBuffer& buffer,
                                  const LibbpfMessages& messages) {
  std::string log = buffer.text(), what = cat("load ", request.name, ": ");
  // Verification failed if the verifier spoke; EPERM, EINVAL without a log are refusals before it.
  bool is_verdict = !log.empty() && !read_verifier_log(log).reason.empty();
  if (error == EPERM && !is_verdict) {
    return fail(Error{Errc::not_permitted, what + why_not_permitted(kind), error, lines_of(log)});
  }
  if (is_verdict) {
    return fail(Error{Errc::verifier_rejected, cat(what, "the verifier rejects it: ", summary_of(read_verifier_log(log))),
                      error, lines_of(log)});
  }
  std::string because = messages.lines().empty() ? "" : messages.lines().front();
  constexpr std::string_view kPrefix = "libbpf: ";
  if (because.starts_with(kPrefix)) because.erase(0, kPrefix.size());
  auto failure = os_error(cat(what, because.empty() ? "the kernel refuses it" : because), error);
  failure.value().log = messages.lines();
  return failure;
}

// The kind that the program will be loaded as, or the kernel's type says.
const KindInfo& known_kind(const KindInfo& kind, const bpf_program* program) {
  const KindInfo* by_type = kind.kind == ProgramKind::automatic ? kind_of_type(bpf_program__type(program)) : nullptr;
  return by_type ? *by_type : kind;
}

Status reuse_maps(bpf_object* object, const LoadRequest& request, const KindInfo& kind) {
  // A twin with a constant of its own gets a .rodata map of its own.
  bool own_constants = request.options.syscall_nr >= 0;
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    if (own_constants && is_constants_map(map)) continue;
    std::string name = map_name(map);
    for (const auto& [known, fd] : request.maps) {
      if (known != name) continue;
      int error = bpf_map__reuse_fd(map, fd);
      // Before Linux 5.19 already a question about a map needs the right to load.
      if (error == -EPERM) return fail(Error{Errc::not_permitted, cat("load ", request.name, ": ", why_not_permitted(kind)), EPERM, {}});
      if (error) return os_error(cat("load ", request.name, ": reuse map ", name), -error);
    }
  }
  return {};
}

Status set_syscall_number(bpf_object* object, const LoadRequest& request) {
  if (request.options.syscall_nr < 0) return {};
  uint32_t number = static_cast<uint32_t>(request.options.syscall_nr);
  std::string value(reinterpret_cast<char*>(&number), sizeof number);
  if (TRY(set_constant_if_present(object, "redbee_syscall_nr", value))) return {};
  return fail(Errc::invalid_argument, cat("load ", request.name, ": it has no variable redbee_syscall_nr to set"));
}

uint32_t program_id(int fd) {
  bpf_prog_info info{};
  uint32_t size = sizeof info;
  return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 ? info.id : 0;
}

Result<LoadedProgram> load_now(const LoadRequest& request, bpf_object* object, bpf_program* program, const KindInfo& kind) {
  LogBuffer buffer;
  bpf_program__set_autoload(program, true);
  if (request.options.log) bpf_program__set_log_level(program, 1);
  if (buffer.size()) bpf_program__set_log_buf(program, buffer.data(), buffer.size());
  LibbpfMessages messages;
  int error = bpf_object__load(object);
  if (error) return load_failed(request, known_kind(kind, program), -error, buffer, messages);
  int fd = fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return os_error(cat("load ", request.name, ": duplicate descriptor"));
  return LoadedProgram{.fd = UniqueFd(fd),
                       .type = static_cast<uint32_t>(bpf_program__type(program)),
                       .id = program_id(fd),
                       .attach_type = static_cast<int>(bpf_program__expected_attach_type(program)),
                       .name = request.name,
                       .log = request.options.log ? buffer.text() : ""};
}

Result<LoadedProgram> load_plain(const LoadRequest& request, bpf_object* object, bpf_program* program, const KindInfo& kind,
                                 int attach_type) {
  if (kind.type != BPF_PROG_TYPE_UNSPEC) bpf_program__set_type(program, static_cast<bpf_prog_type>(kind.type));
  if (attach_type >= 0) bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(attach_type));
  if (bpf_program__type(program) == BPF_PROG_TYPE_UNSPEC) {
    return fail(Errc::invalid_argument, cat("load ", request.name, ": section ", bpf_program__section_name(program),
                                            " does not say what kind of program it is: name the kind"));
  }
  return load_now(request, object, program, kind);
}

// A function in a section that libbpf handles itself (a plain function used as fentry): its own slow way.
Result<LoadedProgram> load_by_libbpf(const LoadRequest& request, bpf_object* object, bpf_program* program,
                                     const KindInfo& kind, int attach_type, const std::string& target) {
  bpf_program__set_type(program, static_cast<bpf_prog_type>(kind.type));
  bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(attach_type));
  LibbpfMessages messages;
  int error = bpf_program__set_attach_target(program, 0, target.c_str());
  if (error == -ESRCH) {
    return fail(Errc::not_found, cat("load ", request.name, ": this kernel has no ", kind.name, " target ", target));
  }
  if (error) return os_error(cat("load ", request.name, ": ", messages.last()), -error);
  return load_now(request, object, program, kind);
}

Result<LoadedProgram> load_tracing(const LoadRequest& request, bpf_object* object, bpf_program* program,
                                   const KindInfo& kind, int attach_type, BtfTargets& targets) {
  std::string_view section = bpf_program__section_name(program);
  std::string name = choose_target(request, section);
  if (kind_of_section(section) == ProgramKind::automatic) {
    return load_by_libbpf(request, object, program, kind, attach_type, name);
  }
  auto target = targets.find(kind, name);
  if (!target) return fail(std::move(target).error().with_context(cat("load ", request.name)));
  TracingTarget tracing{kind.type, attach_type, target->id, target->module_btf.get()};
  tracing_target = &tracing;
  auto loaded = load_now(request, object, program, kind);
  tracing_target = nullptr;
  return loaded;
}

// A compiled dialect's functions take the kind they are asked for; a section that names its kind means it.
Status check_kind(const LoadRequest& request, bpf_program* program) {
  if (request.image.facts().version || request.options.kind == ProgramKind::automatic) return {};
  std::string_view section = bpf_program__section_name(program);
  ProgramKind by_prefix = kind_of_section(section);
  const KindInfo* actual = by_prefix != ProgramKind::automatic ? &info_of(by_prefix) : kind_of_type(bpf_program__type(program));
  const KindInfo& wanted = info_of(request.options.kind);
  if (!actual || actual->kind == wanted.kind || (!actual->btf_prefix && actual->type == wanted.type)) return {};
  return fail(Errc::invalid_argument,
              cat("load ", request.name, ": its section ", section, " makes it a ", actual->name, " program, not ", wanted.name));
}

tl::unexpected<Error> no_such_program(bpf_object* object, const std::string& name) {
  std::vector<std::string> names;
  bpf_program* program;
  bpf_object__for_each_program(program, object) {
    std::string one = bpf_program__name(program);
    if (one.find('.') == std::string::npos) names.push_back(std::move(one));   // not a twin
  }
  return fail(Errc::not_found, cat("no program ", name, "; there are: ", fmt::format("{}", fmt::join(names, ", "))));
}

}  // namespace

Result<LoadedProgram> load_program(const LoadRequest& request, BtfTargets& targets) {
  register_tracing_sections();
  BpfObject object = TRY(open_bpf_object(request.image.bytes(), request.object_options.btf));
  bpf_program* program = bpf_object__find_program_by_name(object.get(), request.name.c_str());
  if (!program) return no_such_program(object.get(), request.name);
  TRY(check_kind(request, program));
  std::string_view section = bpf_program__section_name(program);
  const KindInfo& kind = info_of(choose_kind(request, section));
  TRY(reuse_maps(object.get(), request, known_kind(kind, program)));
  TRY(set_constants(object.get(), request.object_options.constants));
  TRY(set_syscall_number(object.get(), request));

  int wanted = request.options.expected_attach_type;
  int attach_type = wanted >= 0 ? wanted : kind.expected_attach_type;
  if (!kind.btf_prefix) return load_plain(request, object.get(), program, kind, attach_type);
  return load_tracing(request, object.get(), program, kind, attach_type, targets);
}

}  // namespace redbee
