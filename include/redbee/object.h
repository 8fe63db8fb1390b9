// Object: an Image in the kernel. open() creates the maps only; programs are loaded one by one when
// they are attached or asked for, so that a program that nobody uses cannot fail, and a bad one
// fails alone (about 0.3 ms each).
//
//   Object object = TRY(Object::open(image));
//   Link link = TRY(attach_kprobe_best(object, "kprobe__vfs_read", {.symbol = "vfs_read"}));
//   Map counts = TRY(object.map("counts"));
//
// Owns the descriptors of its maps and programs; Map, Program and the buffers are views into it.
// The Image is copied in. An Object, its Links and its readers (a session) belong to one thread.
// Needs CAP_BPF and CAP_PERFMON (Linux 5.8) or CAP_SYS_ADMIN; programs need Linux 5.2 (.rodata).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redbee/image.h"
#include "redbee/map.h"
#include "redbee/program.h"
#include "redbee/result.h"

namespace redbee {

struct ObjectOptions {
  // Maps taken from elsewhere instead of being created: name and descriptor (borrowed during the
  // call). For BPF_TABLE "extern", and for maps shared by several Objects.
  std::vector<std::pair<std::string, int>> reuse_maps = {};
  // Other sizes than the Image's: name and max_entries.
  std::vector<std::pair<std::string, uint32_t>> max_entries = {};
  // Values of `const volatile` globals (.rodata), by name; sizes must agree.
  std::vector<std::pair<std::string, std::string>> constants = {};
  // BTF of the kernel for CO-RE relocations; empty: /sys/kernel/btf/vmlinux.
  std::string btf = {};
};

struct LoadOptions {
  ProgramKind kind = ProgramKind::automatic;
  // fentry, fexit, fmod_ret, tp_btf, lsm, iter: the kernel function, tracepoint, hook or iterator.
  // Empty: from the facts or the section name.
  std::string target = {};
  // raw_syscall twins: the system call's number, -1 for none.
  int syscall_nr = -1;
  // BPF_CGROUP_… and the like for types that check it at load; -1: by kind and section.
  int expected_attach_type = -1;
  bool log = false;                 // keep the verifier's log also when it accepts
};

class Object {
 public:
  static Result<Object> open(Image image, const ObjectOptions& options = {});
  Object(Object&&) noexcept;
  Object& operator=(Object&&) noexcept;
  ~Object();

  const Image& image() const;
  const Facts& facts() const;

  // not_found lists the names there are. Internal maps are named ".rodata", ".bss", ….
  Result<Map> map(std::string_view name) const;
  std::vector<Map> maps() const;
  std::vector<std::string> program_names() const;

  // Loads once per (name, options); the second call returns the same Program. verifier_rejected:
  // the message has the source line and the verifier's last reason, Error::log the whole log.
  Result<Program> load(std::string_view name, const LoadOptions& options = {});
  // Closes a program again; Links made from it stay attached.
  void unload(const Program& program);

 private:
  struct State;
  explicit Object(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace redbee
