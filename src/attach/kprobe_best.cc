// One kprobe source, best attachment: fentry/fexit (two to four times cheaper), kprobe, and for
// system calls a raw tracepoint where the kernel was built without kprobes. See docs/image.md, twins.
#include <cstdlib>

#include "redbee/link.h"
#include "redbee/symbols.h"
#include "src/attach/kprobe.h"
#include "src/attach/link_state.h"
#include "src/attach/raw_tracepoint.h"
#include "src/base/log.h"
#include "src/base/text.h"

namespace redbee {
namespace {

struct Attempt {
  Object& object;
  std::string program;
  KprobeOptions options;                   // symbol as this kernel spells it
  std::optional<std::string> syscall;      // its bare name when it is one
  const ProgramFacts* facts;
};

const TwinFacts* twin_of(const Attempt& attempt, std::string_view kind) {
  return attempt.facts ? attempt.facts->find_twin(kind) : nullptr;
}

tl::unexpected<Error> does_not_apply(std::string why) { return fail(Errc::not_supported, std::move(why)); }

bool names_same_function(const std::string& a, const std::string& b) {
  if (a == b) return true;
  auto x = syscall_of_symbol(a), y = syscall_of_symbol(b);
  return x && x == y;
}

Result<Link> try_fentry(const Attempt& attempt) {
  const KprobeOptions& options = attempt.options;
  const char* kind = options.is_return ? "fexit" : "fentry";
  const TwinFacts* twin = twin_of(attempt, kind);
  if (!twin) return does_not_apply("the program reads registers, so it has no twin for that");
  if (options.offset || options.max_active) return does_not_apply("an offset or maxactive was asked for");
  // Where the return value is depends on how many parameters the function has: a program compiled
  // for one function does not fit another. One without a target reads neither.
  const std::string& compiled_for = attempt.facts->target;
  if (options.is_return && !compiled_for.empty() && !names_same_function(compiled_for, options.symbol)) {
    return does_not_apply(cat("the program was compiled for ", compiled_for));
  }
  TracingOptions tracing{.target = options.symbol, .cookie = options.cookie};
  return options.is_return ? attach_fexit(attempt.object, twin->name, tracing)
                           : attach_fentry(attempt.object, twin->name, tracing);
}

Result<Link> try_kprobe(const Attempt& attempt) {
  return attach_kprobe(attempt.object, attempt.program, attempt.options);
}

Result<Link> try_raw_syscall(const Attempt& attempt) {
  if (!attempt.syscall) return does_not_apply("not a system call");
  const TwinFacts* twin = twin_of(attempt, attempt.options.is_return ? "raw_syscall_return" : "raw_syscall");
  if (!twin) return does_not_apply("the program has no twin for that");
  auto number = syscall_number(*attempt.syscall);
  if (!number) return fail(Errc::not_found, cat("no system call ", *attempt.syscall));
  Program program = TRY(attempt.object.load(twin->name, {.kind = ProgramKind::raw_tracepoint, .syscall_nr = *number}));
  const char* tracepoint = attempt.options.is_return ? "sys_exit" : "sys_enter";
  return attach_raw_tracepoint_program(program.fd(), tracepoint, "raw_syscall", *attempt.syscall);
}

struct Way {
  const char* name;
  AttachPreference preference;
  Result<Link> (*attach)(const Attempt&);
};
constexpr Way kWays[] = {
    {"fentry", AttachPreference::fentry, try_fentry},
    {"kprobe", AttachPreference::kprobe, try_kprobe},
    {"raw tracepoint", AttachPreference::raw, try_raw_syscall},
};

std::string this_kernels_symbol(const KprobeOptions& options, const std::optional<std::string>& syscall) {
  return syscall ? syscall_prefix() + *syscall : options.symbol;
}

}  // namespace

AttachPreference attach_preference_from_environment() {
  const char* text = getenv("REDBEE_ATTACH");
  std::string_view value = text ? text : "";
  if (value == "fentry") return AttachPreference::fentry;
  if (value == "kprobe") return AttachPreference::kprobe;
  if (value == "raw") return AttachPreference::raw;
  return AttachPreference::automatic;
}

Result<Link> attach_kprobe_best(Object& object, std::string_view program, const KprobeOptions& options,
                                AttachPreference preference) {
  if (!object.facts().find_program(program)) TRY(object.load(program));   // says which programs there are
  auto syscall = syscall_of_symbol(options.symbol);
  Attempt attempt{object, std::string(program), options, syscall, object.facts().find_program(program)};
  attempt.options.symbol = this_kernels_symbol(options, syscall);
  std::vector<std::string> reasons;
  std::optional<Error> worst;
  for (const Way& way : kWays) {
    if (preference != AttachPreference::automatic && preference != way.preference) continue;
    auto link = way.attach(attempt);
    if (link) {
      log(LogLevel::info, cat(program, ": attached to ", link->target(), " by ", link->method()));
      return link;
    }
    reasons.push_back(cat(way.name, ": ", link.error().message));
    log(LogLevel::debug, cat(program, ": not by ", reasons.back()));
    // The kprobe's refusal says most; a twin's is only shown when nothing else was tried.
    bool is_kprobe = way.preference == AttachPreference::kprobe;
    if (is_kprobe || !worst) worst = std::move(link).error();
  }
  Error error = std::move(*worst);
  if (!syscall) {
    if (error.code == Errc::not_found && error.sys_errno) return fail(std::move(error));   // the kprobe's own answer, from kallsyms
    auto symbols = KernelSymbols::open();
    if (symbols && !symbols->has_function(options.symbol)) {
      return fail(Errc::not_found, cat("attach kprobe ", options.symbol, ": ", no_such_function(*symbols, options.symbol)));
    }
  }
  if (reasons.size() > 1) {
    error.message = cat("attach kprobe ", options.symbol, ": no way works: ", fmt::format("{}", fmt::join(reasons, "; ")));
  }
  return fail(std::move(error));
}

}  // namespace redbee
