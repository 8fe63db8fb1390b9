// Every golden program that was compiled for this kernel is accepted by its verifier.
#include <dirent.h>
#include <unistd.h>

#include <algorithm>

#include "redbee/object.h"
#include "src/base/file.h"
#include "src/base/text.h"
#include "src/load/program_kind.h"
#include "tests/kernel/require.h"
#include "tests/kernel/session.h"

namespace redbee::kernel_test {


namespace {

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  DIR* dir = opendir((image_directory_path() + "/golden").c_str());
  if (!dir) return names;
  while (dirent* entry = readdir(dir)) {
    std::string name = entry->d_name;
    if (name.ends_with(".o")) names.push_back(name.substr(0, name.size() - 2));
  }
  closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

// What the program's "// needs:" line says: a kind of program or "maps", and "since 5.12" for the
// first kernel whose verifier accepts it.
struct Needs {
  std::string kind;
  KernelVersion since;
};

Needs needs_of(const std::string& name) {
  Needs needs;
  auto line = read_file(cat(image_directory_path(), "/golden/", name, ".needs"));
  auto words = line ? split(trim(*line), ' ', false) : std::vector<std::string_view>();
  if (!words.empty()) needs.kind = words[0];
  auto since = std::find(words.begin(), words.end(), "since");
  if (since != words.end() && since + 1 != words.end()) {
    auto numbers = split(*(since + 1), '.');
    needs.since.major = static_cast<int>(parse_u64(numbers[0]).value_or(0));
    needs.since.minor = numbers.size() > 1 ? static_cast<int>(parse_u64(numbers[1]).value_or(0)) : 0;
  }
  return needs;
}

bool is_refused_here(const std::string& kind) {
  static Features features;
  bool is_tracing = kind == "fentry" || kind == "fexit" || kind == "fmod_ret";
  return (is_tracing && !features.has(Feature::fentry)) || (kind == "lsm" && !features.has(Feature::lsm));
}

// "nfs:nfs_file_read" where nfs is not loaded. (A tracepoint's "syscalls:sys_enter_write" is no module.)
bool is_in_absent_module(const std::string& kind, const std::string& target) {
  if (kind != "fentry" && kind != "fexit" && kind != "fmod_ret") return false;
  size_t colon = target.find(':');
  if (colon == std::string::npos) return false;
  std::string module = target.substr(0, colon);
  return access(cat("/sys/module/", module).c_str(), F_OK) < 0 && access(cat("/sys/kernel/btf/", module).c_str(), F_OK) < 0;
}

// What only the caller knows about a function without a kind of its own.
LoadOptions options_for(const ProgramFacts& program, const std::string& needs) {
  LoadOptions options;
  if (!program.kind.empty()) return options;
  options.kind = kind_named(needs).value_or(ProgramKind::kprobe);
  if (needs == "tracing") {
    options.kind = ProgramKind::tp_btf;
    options.target = "sched_switch";
  }
  if (needs == "cgroup_skb") options.expected_attach_type = BPF_CGROUP_INET_INGRESS;
  if (needs == "sk_skb") options.expected_attach_type = BPF_SK_SKB_STREAM_VERDICT;
  return options;
}

bool has_extern_map(const Facts& facts) {
  return std::any_of(facts.maps.begin(), facts.maps.end(), [](const MapFacts& map) { return map.linkage == "extern"; });
}

// What an Image pins, removed again: a test leaves nothing in the kernel.
class PinsRemoved {
 public:
  explicit PinsRemoved(const Facts& facts) {
    for (const MapFacts& map : facts.maps) {
      if (!map.pinned.empty() && access(map.pinned.c_str(), F_OK) < 0) paths_.push_back(map.pinned);
    }
  }
  ~PinsRemoved() {
    for (const std::string& path : paths_) unlink(path.c_str());
  }

 private:
  std::vector<std::string> paths_;
};

// Loads every program of one Image; returns how many.
size_t load_all(const std::string& name) {
  auto [needs, since] = needs_of(name);
  if (running_kernel() < since) return 0;
  auto image = read_image("golden/" + name);
  EXPECT_OK(image);
  if (!image || needs == "error" || is_refused_here(needs)) return 0;
  PinsRemoved pins(image->facts());
  auto object = Object::open(*image);
  if (has_extern_map(image->facts())) {
    EXPECT_FALSE(object) << name << ": nobody shared its map";
    return 0;
  }
  EXPECT_TRUE(object) << name << ": " << object.error().message;
  size_t loaded = 0;
  for (const ProgramFacts& program : image->facts().programs) {
    if (!object || needs == "maps" || is_refused_here(program.kind) || is_in_absent_module(program.kind, program.target)) continue;
    auto result = object->load(program.name, options_for(program, needs));
    EXPECT_TRUE(result) << name << ": " << result.error().message;
    loaded += result.has_value();
  }
  return loaded;
}

TEST(Golden, ProgramsPassTheVerifier) {
  std::vector<std::string> names = golden_names();
  if (names.empty()) GTEST_SKIP() << "no golden Images";
  size_t programs = 0;
  for (const std::string& name : names) programs += load_all(name);
  printf("%zu golden files, %zu programs loaded\n", names.size(), programs);
}

}  // namespace
}  // namespace redbee::kernel_test
