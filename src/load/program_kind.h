// The table of program kinds: names, kernel types, and for those attached by BTF id what to look for.
#pragma once

#include <linux/bpf.h>

#include <optional>
#include <string_view>

#include "redbee/program.h"

namespace redbee {

struct KindInfo {
  ProgramKind kind;
  const char* name;               // as in Facts
  uint32_t type;                  // BPF_PROG_TYPE_*
  int expected_attach_type;       // BPF_*, or -1: does not matter
  const char* btf_prefix;         // null: not attached by BTF id
  bool btf_is_typedef;            // tracepoints are found by their typedef, the rest are functions
  const char* since;              // the first Linux that has it
};

const KindInfo& info_of(ProgramKind kind);
// The kind of a kernel program type; null when it is none of ours, or several (those attached by BTF id).
const KindInfo* kind_of_type(uint32_t type);
// "kretprobe" and "uprobe" count as kprobe; nothing for an unknown name.
std::optional<ProgramKind> kind_named(std::string_view name);

}  // namespace redbee
