// KernelTarget: the kernel a program is compiled for. Its BTF, its modules' BTF, its tracepoint
// formats, its release and configuration: of the running kernel, or of another one as files.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"
#include "src/kernel/btf.h"

namespace redbee::cc {

struct KernelPaths {
  std::string btf;      // empty: the running kernel's
  std::string tracefs;  // empty: where tracefs is mounted
  std::string release;  // empty: uname -r
};

class KernelTarget {
 public:
  static Result<std::unique_ptr<KernelTarget>> open(const KernelPaths& paths);

  const Btf& btf() const { return btf_; }
  struct Module {
    std::string name;
    const Btf* btf;
  };
  // Split BTF of the modules beside vmlinux, read when first asked for, sorted by name.
  const std::vector<Module>& modules();
  // Those that have been read.
  const std::vector<Module>& modules_read() const { return modules_; }
  // Text of events/CATEGORY/EVENT/format; nullopt when there is no such tracepoint.
  std::optional<std::string> tracepoint_format(const std::string& category,
                                               const std::string& event) const;
  // Whether any tracepoint can be seen: tells "no such event" from "tracefs cannot be read".
  bool can_read_tracepoints() const;

  const std::string& release() const { return release_; }
  const std::string& build_id() const { return build_id_; }
  uint32_t version_code() const;  // LINUX_VERSION_CODE
  // "#define CONFIG_X …" lines for the CONFIG_ names that occur in `text`, except those that the
  // command line defines or undefines.
  std::string config_defines(std::string_view text, const std::vector<std::string>& options) const;
  unsigned possible_cpus() const;

 private:
  explicit KernelTarget(Btf btf) : btf_(std::move(btf)) {}
  Btf btf_;
  std::string btf_path_, tracefs_, release_, build_id_;
  bool is_running_ = false;
  bool modules_are_read_ = false;
  std::vector<std::unique_ptr<Btf>> module_btfs_;
  std::vector<Module> modules_;
};

}  // namespace redbee::cc
