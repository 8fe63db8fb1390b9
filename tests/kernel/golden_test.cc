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

// The first word of the program's "// needs:" line: a kind of program, or "maps".
std::string needs_of(const std::string& name) {
  auto needs = read_file(cat(image_directory_path(), "/golden/", name, ".needs"));
  auto words = needs ? split(trim(*needs), ' ', false) : std::vector<std::string_view>();
  return words.empty() ? "" : std::string(words[0]);
}

bool is_refused_here(const std::string& kind) {
  static Features features;
  bool is_tracing = kind == "fentry" || kind == "fexit" || kind == "fmod_ret";
  return (is_tracing && !features.has(Feature::fentry)) || (kind == "lsm" && !features.has(Feature::lsm));
}

// "nfs:nfs_file_read" where nfs is not loaded.
bool is_in_absent_module(const std::string& target) {
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

// Loads every program of one Image; returns how many.
size_t load_all(const std::string& name) {
  std::string needs = needs_of(name);
  auto image = read_image("golden/" + name);
  EXPECT_OK(image);
  if (!image || needs == "error" || is_refused_here(needs)) return 0;
  auto object = Object::open(*image);
  if (has_extern_map(image->facts())) {
    EXPECT_FALSE(object) << name << ": nobody shared its map";
    return 0;
  }
  EXPECT_TRUE(object) << name << ": " << object.error().message;
  size_t loaded = 0;
  for (const ProgramFacts& program : image->facts().programs) {
    if (!object || needs == "maps" || is_refused_here(program.kind) || is_in_absent_module(program.target)) continue;
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
