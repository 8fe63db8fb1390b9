// Maps that an Image wants at a path of a bpffs: there by an earlier Object, or put there by this one.
#pragma once

#include <bpf/libbpf.h>

#include "redbee/result.h"

namespace redbee {

// Before libbpf creates or reuses them: what it would only call a parameter mismatch, in words.
Status check_pins(bpf_object* object);

}  // namespace redbee
