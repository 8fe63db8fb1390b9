// One of the profiler's own BPF objects, embedded in the executable: opened, configured, loaded.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "redbee/result.h"

struct bpf_object;
struct bpf_program;
struct bpf_map;
struct bpf_link;

namespace redbee::profiler {

struct BpfObjectCloser {
  void operator()(bpf_object* object) const;
};
struct BpfLinkCloser {
  void operator()(bpf_link* link) const;
};
using BpfLink = std::unique_ptr<bpf_link, BpfLinkCloser>;

class BpfObject {
 public:
  static Result<BpfObject> open(std::string name, std::span<const unsigned char> elf);

  // Before load(): a `const volatile` variable, and which programs are wanted at all.
  template <typename T>
  Status set_constant(std::string_view variable, T value) {
    return set_constant_bytes(variable, &value, sizeof value);
  }
  void keep_only(std::span<const std::string_view> programs);
  Status load();

  bpf_program* program(std::string_view name) const;  // asserts that it exists
  bpf_map* map(std::string_view name) const;          // the same
  int map_fd(std::string_view name) const;
  bpf_object* get() const { return object_.get(); }
  // Times the kernel did not run a program because another was running on the CPU.
  uint64_t recursion_misses() const;

 private:
  explicit BpfObject(std::string name, bpf_object* object) : name_(std::move(name)), object_(object) {}
  Status set_constant_bytes(std::string_view variable, const void* value, size_t size);

  std::string name_;
  std::unique_ptr<bpf_object, BpfObjectCloser> object_;
};

}  // namespace redbee::profiler
