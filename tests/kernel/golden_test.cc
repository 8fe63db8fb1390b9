// Every golden program that was compiled for this kernel is accepted by its verifier.
#include <dirent.h>

#include <algorithm>

#include "redbee/object.h"
#include "src/base/file.h"
#include "src/base/text.h"
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

// The first feature that the program says it needs and this kernel lacks.
std::string lacks(const std::string& name) {
  auto needs = read_file(cat(image_directory_path(), "/golden/", name, ".needs"));
  if (!needs) return "";
  static Features features;
  for (std::string_view line : split(*needs, '\n', false)) {
    for (std::string_view word : split(line, ' ', false)) {
      for (Feature feature : all_features()) {
        if (name_of(feature) == trim(word) && !features.has(feature)) return std::string(word);
      }
    }
  }
  return "";
}

// Tracing programs need what their target needs; the verifier is the same for the others.
bool is_loadable_here(const ProgramFacts& program) {
  static Features features;
  static const char* kTracing[] = {"fentry", "fexit", "fmod_ret"};
  for (const char* kind : kTracing) {
    if (program.kind == kind && !features.has(Feature::fentry)) return false;
  }
  return !(program.kind == "lsm" && !features.has(Feature::lsm));
}

TEST(Golden, ProgramsPassTheVerifier) {
  std::vector<std::string> names = golden_names();
  if (names.empty()) GTEST_SKIP() << "no golden Images";
  size_t programs = 0, skipped = 0;
  for (const std::string& name : names) {
    std::string missing = lacks(name);
    if (!missing.empty()) {
      skipped++;
      continue;
    }
    auto image = read_image("golden/" + name);
    ASSERT_OK(image);
    std::vector<ProgramFacts> list = image->facts().programs;
    auto object = Object::open(std::move(*image));
    EXPECT_TRUE(object) << name << ": " << object.error().message;
    if (!object) continue;
    for (const ProgramFacts& program : list) {
      if (!is_loadable_here(program)) continue;
      LoadOptions options;
      if (program.kind.empty()) options.kind = ProgramKind::kprobe;
      auto loaded = object->load(program.name, options);
      EXPECT_TRUE(loaded) << name << ": " << loaded.error().message;
      programs++;
    }
  }
  printf("%zu golden files, %zu programs loaded, %zu files need what this kernel lacks\n", names.size(), programs, skipped);
}

}  // namespace
}  // namespace redbee::kernel_test
