// Features of the running kernel, each found by trying, none by its version.
//
//   Features features;
//   if (!features.has(Feature::kprobe)) print(features.probe(Feature::kprobe).reason);
//   for (Feature f : all_features()) print(name_of(f), since(f));
//
// A Features remembers its answers; one thread. The table in src/kernel/features.cc is the one of
// docs/kernels.md.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace redbee {

enum class Feature {
  btf, tracepoint, raw_tracepoint, tp_btf, kprobe, kprobe_multi, uprobe, uprobe_multi, usdt_semaphore,
  fentry, fmod_ret, lsm, perf_event_software, perf_event_hardware, bpf_link_perf, attach_cookie,
  ring_buffer, batch_map_ops, bpf_loop, iter, run_stats, global_data, probe_read_kernel,
  lookup_and_delete_hash, task_storage, tracefs, ksyms_visible, syscall_tracepoints,
};

struct KernelVersion {
  int major = 0, minor = 0;
  auto operator<=>(const KernelVersion&) const = default;
};
KernelVersion running_kernel();

struct FeatureProbe {
  bool is_supported = false;
  std::string reason = {};       // when not: what was tried and what the kernel said
};

std::span<const Feature> all_features();
std::string_view name_of(Feature feature);        // "kprobe"
std::string_view describe(Feature feature);       // "kprobes by perf_event_open"
KernelVersion since(Feature feature);             // the first kernel that should have it

class Features {
 public:
  bool has(Feature feature) { return probe(feature).is_supported; }
  const FeatureProbe& probe(Feature feature);

 private:
  std::map<Feature, FeatureProbe> known_;
};

}  // namespace redbee
