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

// Whether the verifier of this kernel takes such twins. Before Linux 5.17 a parameter that points to a
// number cannot be read (the second of vfs_read), nor a return value be asked for.
bool takes_twin(const ProgramFacts& program, const TwinFacts& twin) {
  if (twin.kind.starts_with("raw_syscall")) return true;
  if (is_refused_here(twin.kind)) return false;
  bool is_plain = program.target.empty();
  return !is_plain || !(running_kernel() < KernelVersion{5, 17}) || (twin.kind == "fentry" && twin.arguments <= 1);
}

LoadOptions options_for(const ProgramFacts& program, const TwinFacts& twin) {
  if (twin.kind.starts_with("raw_syscall")) return {.kind = ProgramKind::raw_tracepoint, .syscall_nr = 1};
  return {.kind = kind_named(twin.kind).value_or(ProgramKind::fentry),
          .target = program.target.empty() ? "vfs_read" : program.target};
}

// What was put into the kernel: programs as their text has them, and those made from them.
struct Loaded {
  size_t programs = 0, twins = 0, variants = 0;
};

class GoldenFile {
 public:
  GoldenFile(std::string name, Loaded& loaded) : name_(std::move(name)), needs_(needs_of(name_)), loaded_(loaded) {}

  void load() {
    if (running_kernel() < needs_.since) return;
    auto image = read_image("golden/" + name_);
    EXPECT_OK(image);
    if (!image || needs_.kind == "error" || is_refused_here(needs_.kind)) return;
    PinsRemoved pins(image->facts());
    auto object = Object::open(*image);
    if (has_extern_map(image->facts())) {
      EXPECT_FALSE(object) << name_ << ": nobody shared its map";
      return;
    }
    EXPECT_TRUE(object) << name_ << ": " << object.error().message;
    if (!object || needs_.kind == "maps" || needs_.kind == "nothing") return;
    for (const ProgramFacts& program : image->facts().programs) load(*object, program);
  }

 private:
  void load(Object& object, const ProgramFacts& program) {
    if (is_refused_here(program.kind) || is_in_absent_module(program.kind, program.target)) return;
    load(object, program.name, options_for(program, needs_.kind), loaded_.programs);
    for (const UsdtVariantFacts& variant : program.usdt) {
      if (variant.name != program.name) load(object, variant.name, {.kind = ProgramKind::kprobe}, loaded_.variants);
    }
    for (const TwinFacts& twin : program.twins) {
      if (takes_twin(program, twin)) load(object, twin.name, options_for(program, twin), loaded_.twins);
    }
  }

  void load(Object& object, const std::string& program, const LoadOptions& options, size_t& count) {
    auto result = object.load(program, options);
    EXPECT_TRUE(result) << name_ << ": " << program << ": " << result.error().message;
    count += result.has_value();
  }

  std::string name_;
  Needs needs_;
  Loaded& loaded_;
};

TEST(Golden, ProgramsPassTheVerifier) {
  std::vector<std::string> names = golden_names();
  if (names.empty()) GTEST_SKIP() << "no golden Images";
  Loaded loaded;
  for (const std::string& name : names) GoldenFile(name, loaded).load();
  EXPECT_GT(loaded.programs, names.size() / 2);
  EXPECT_GT(loaded.twins, 0u);
  EXPECT_GT(loaded.variants, 0u);
  printf("%zu golden files: %zu programs, %zu twins, %zu USDT variants loaded\n", names.size(), loaded.programs,
         loaded.twins, loaded.variants);
}

}  // namespace
}  // namespace redbee::kernel_test
