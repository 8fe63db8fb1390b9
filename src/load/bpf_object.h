// libbpf's object, owned, and opened from bytes with nothing loaded by itself.
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "redbee/result.h"

namespace redbee {

struct CloseBpfObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using BpfObject = std::unique_ptr<bpf_object, CloseBpfObject>;

// Every program's autoload is off. `btf_path`: for CO-RE relocations, empty for the running kernel's.
Result<BpfObject> open_bpf_object(const std::string& bytes, const std::string& btf_path);

// Writes initial values of global constants (.rodata) before the object is loaded.
Status set_constants(bpf_object* object, const std::vector<std::pair<std::string, std::string>>& constants);
// As above, for one variable that may be absent.
Result<bool> set_constant_if_present(bpf_object* object, const std::string& name, const std::string& value);

// Maps that hold global variables: ".rodata", ".bss", ….
bool is_constants_map(const bpf_map* map);
// ".rodata" where libbpf's own name is "prog.rodata".
std::string map_name(const bpf_map* map);

}  // namespace redbee
