// A process looked at as a Ruby: which file its interpreter is, which version, where its roots are and
// how its memory is laid out, each fact with its source and what was checked on the live process.
//
//   RubyProcess ruby = TRY(RubyProcess::inspect(pid, TRY(find_ruby_binary(pid)), threads));
//   ruby.layout()[LayoutField::cfp_size]
//
// The process is read, never stopped and never written to.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "profiler/discover/elf_image.h"
#include "profiler/discover/layout.h"
#include "profiler/discover/memory.h"
#include "profiler/discover/roots.h"
#include "profiler/unwind/task_format.h"

namespace redbee::profiler {

// The file that holds the Ruby interpreter and where it is loaded.
struct RubyBinary {
  ElfImage image;
  std::string path;  // as the process sees it
  uint64_t bias = 0;
  uint64_t start = 0, end = 0;  // of its code in the process
  RubyVersion version;
};

// Files, by device and inode, that were read before and hold no Ruby.
using FilesWithoutRuby = std::set<std::pair<std::string, uint64_t>>;

// not_found: no such process, or no Ruby in it. not_permitted names the capability. Files in `known`
// are passed by, and others found to hold no Ruby are added: a second look is cheap.
Result<RubyBinary> find_ruby_binary(pid_t pid, FilesWithoutRuby* known = nullptr);

struct InspectOptions {
  std::string offsets_file;  // overrides; empty: none
};

class RubyProcess {
 public:
  // `binary`: what find_ruby_binary said; `threads`: those of the process, from TaskLister. A process that has just started may not have
  // an execution context yet: Errc::not_found.
  static Result<RubyProcess> inspect(pid_t pid, RubyBinary binary, const std::vector<rb_task>& threads,
                                     const InspectOptions& options = {});

  pid_t pid() const { return pid_; }           // as /proc here numbers it
  uint32_t kernel_pid() const { return kernel_pid_; }  // in the initial namespace
  const RubyBinary& binary() const { return *binary_; }
  const Layout& layout() const { return *layout_; }
  const Roots& roots() const { return roots_; }
  const Memory& memory() const { return *memory_; }
  uint64_t vm() const { return vm_; }
  uint64_t objspace() const { return objspace_; }
  // False while the interpreter is still starting: its names are not all there yet.
  bool is_complete() const { return roots_.global_symbols.address != 0; }
  // What is worth a warning: calibrated fields, an unknown patch level, fields that failed.
  const std::vector<std::string>& remarks() const { return remarks_; }
  // What the BPF programs need.
  rb_process facts() const;

 private:
  RubyProcess() = default;
  pid_t pid_ = 0;
  uint32_t kernel_pid_ = 0;
  std::unique_ptr<RubyBinary> binary_;
  std::unique_ptr<Layout> layout_;
  std::unique_ptr<Memory> memory_;
  Roots roots_;
  uint64_t vm_ = 0, objspace_ = 0;
  std::vector<std::string> remarks_;
};

}  // namespace redbee::profiler
