// The BTF id of what an fentry, tp_btf, lsm or iter program attaches to.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "redbee/result.h"
#include "src/base/unique_fd.h"
#include "src/kernel/btf.h"
#include "src/load/program_kind.h"

namespace redbee {

struct BtfTarget {
  uint32_t id = 0;
  UniqueFd module_btf;   // open when the target is in a module
};

// Looks names up in the running kernel's BTF, opened at the first question (2-3 ms) and kept: libbpf
// would parse all of it (20-50 ms) for every object.
class BtfTargets {
 public:
  // not_found: no such target; not_supported: this kernel has no BTF.
  Result<BtfTarget> find(const KindInfo& kind, const std::string& target);

 private:
  Status open_kernel();
  std::optional<uint32_t> find_in(const Btf& btf, const KindInfo& kind, const std::string& name) const;
  Result<std::optional<BtfTarget>> find_in_modules(const KindInfo& kind, const std::string& name,
                                                   const std::string& only) const;

  std::unique_ptr<Btf> kernel_;
};

}  // namespace redbee
