// USDT: a uprobe at every location of the probe. Where a location keeps its arguments is compiled
// into the program (docs/image.md), so locations that keep them differently run different variants of
// it; no map of argument descriptions is searched when a probe fires.
#include "redbee/usdt.h"

#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/attach/uprobe.h"
#include "src/base/text.h"

namespace redbee {
namespace {

// The program for a variant: the function itself when it was compiled without a binding.
Result<std::string> program_of_variant(const Object& object, std::string_view function, size_t variant) {
  const ProgramFacts* facts = object.facts().find_program(function);
  if (!facts || facts->usdt.empty()) return std::string(function);
  for (const UsdtVariantFacts& known : facts->usdt) {
    if (known.variant == static_cast<int>(variant)) return known.name;
  }
  return fail(Errc::invalid_argument, cat(function, " was compiled for a probe with ", facts->usdt.size(),
                                          " argument layouts; this one has more: compile it with bind_usdt() of this probe"));
}

}  // namespace

Result<Link> attach_usdt(Object& object, std::string_view program, const UsdtProbe& probe, const UsdtOptions& options) {
  std::string target = cat(probe.display_path, ":", probe.provider, ":", probe.name);
  if (probe.locations.empty()) return fail(Errc::not_found, cat("attach usdt ", target, ": the probe has no location"));
  auto state = new_link("usdt", target);
  for (const UsdtLocation& location : probe.locations) {
    std::string name = TRY(program_of_variant(object, program, usdt_variant(probe, location)));
    Program loaded = TRY(object.load(name, {.kind = ProgramKind::kprobe}));
    UprobePlace place{.path = probe.path,
                      .file_offset = location.file_offset,
                      .semaphore_offset = probe.semaphore_offset,
                      .pid = options.pid};
    state->places.push_back(TRY(attach_at(loaded.fd(), place, target)));
  }
  return Link(std::move(state));
}

}  // namespace redbee
