// Which kernel is running: what a compiled program depends on.
#pragma once

#include <cstdint>
#include <string>

namespace redbee {

// GNU build-id of the running kernel in hex, from /sys/kernel/notes; empty when it has none.
std::string kernel_build_id();
// Size of a BTF file in bytes, 0 when it cannot be seen. Empty path: the running kernel's.
uint64_t btf_size(const std::string& path = "");
// FNV-1a 64 of a module's BTF, 16 hex digits; empty when the module has none. `vmlinux_btf`: the file
// beside which it lies; empty: the running kernel's.
std::string module_btf_hash(const std::string& module, const std::string& vmlinux_btf = "");
// "6.1.0-18-amd64"
std::string kernel_release();

}  // namespace redbee
