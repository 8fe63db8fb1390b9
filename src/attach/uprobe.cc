#include "src/attach/uprobe.h"

#include "redbee/symbols.h"
#include "src/attach/perf_event_fd.h"
#include "src/base/log.h"
#include "src/base/text.h"
#include "src/process/namespaces.h"

namespace redbee {
namespace {

constexpr int kSemaphoreShift = 32;   // of the reference counter's offset in perf_event_attr::config

const char* method_of(const UprobeOptions& options) { return options.is_return ? "uretprobe" : "uprobe"; }

// The virtual address in the file that was asked for.
Result<uint64_t> find_address(const ElfSymbols& symbols, const UprobeOptions& options, const std::string& path) {
  if (options.symbol.empty()) return options.address + options.offset;
  auto function = symbols.find_function(options.symbol);
  if (!function) return fail(Errc::not_found, cat("no symbol ", options.symbol, " in ", path));
  if (function->is_ifunc) {
    log(LogLevel::warn, cat(path, ": ", options.symbol, " is chosen at run time (IFUNC): the probe is on the function "
                            "that chooses, which runs once"));
  }
  return function->address + options.offset;
}

Result<uint64_t> find_file_offset(const std::string& path, const UprobeOptions& options) {
  ElfSymbols symbols = TRY(ElfSymbols::open(path, {root_of(options.pid), TRY(find_binary(options.path, options.pid))}));
  uint64_t address = TRY(find_address(symbols, options, path));
  auto offset = symbols.file_offset(address);
  if (!offset) return fail(Errc::invalid_argument, fmt::format("{} has no code at address {:#x}", path, address));
  return *offset;
}

}  // namespace

Result<Attachment> attach_at(int program_fd, const UprobePlace& place, const std::string& target) {
  const char* method = place.is_return ? "uretprobe" : "uprobe";
  auto pmu = read_probe_pmu("uprobe");
  if (!pmu) return fail(std::move(pmu).error().with_context(cat("attach ", method, " ", target)));
  perf_event_attr attributes{};
  attributes.type = pmu->type;
  attributes.config = (place.is_return ? pmu->return_bit : 0) | place.semaphore_offset << kSemaphoreShift;
  attributes.config1 = reinterpret_cast<uintptr_t>(place.path.c_str());
  attributes.config2 = place.file_offset;
  UniqueFd event;
  int error = open_perf_event(attributes, place.pid, place.pid < 0 ? 0 : -1, -1, event);
  Attachment attachment;
  if (!error) error = attach_to_perf_event(std::move(event), program_fd, place.cookie, attachment);
  if (error == ESRCH) return fail(Error{Errc::not_found, cat("attach ", method, " ", target, ": no process ", place.pid), error, {}});
  if (error) return attach_error(method, target, error);
  return attachment;
}

Result<Link> attach_uprobe(Object& object, std::string_view program, const UprobeOptions& options) {
  std::string what = options.symbol.empty() ? fmt::format("{:#x}", options.address) : options.symbol;
  std::string target = cat(options.path, ":", what);
  std::string context = cat("attach ", method_of(options), " ", target);
  auto path = find_openable_binary(options.path, options.pid);
  if (!path) return fail(std::move(path).error().with_context(context));
  auto file_offset = find_file_offset(*path, options);
  if (!file_offset) return fail(std::move(file_offset).error().with_context(context));
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::kprobe}));
  UprobePlace place{.path = *path,
                    .file_offset = *file_offset,
                    .semaphore_offset = options.semaphore_offset,
                    .pid = options.pid,
                    .is_return = options.is_return,
                    .cookie = options.cookie};
  auto state = new_link(method_of(options), fmt::format("{}:{:#x}", *path, *file_offset));
  state->places.push_back(TRY(attach_at(loaded.fd(), place, target)));
  return Link(std::move(state));
}

}  // namespace redbee
