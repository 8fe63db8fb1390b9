#include "tests/kernel/require.h"

#include <zlib.h>

#include "src/base/file.h"
#include "src/base/text.h"
#include "src/kernel/identity.h"

namespace redbee::kernel_test {
namespace {

std::string read_gzip(const char* path) {
  std::string text;
  gzFile file = gzopen(path, "rb");
  if (!file) return text;
  char buffer[65536];
  for (int n; (n = gzread(file, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  gzclose(file);
  return text;
}

const std::string& kernel_config() {
  static const std::string config = [] {
    std::string text = read_gzip("/proc/config.gz");
    if (!text.empty()) return text;
    auto file = read_file("/boot/config-" + kernel_release());
    return file ? *file : std::string();
  }();
  return config;
}

bool holds(std::string_view condition) {
  if (condition.starts_with("release:")) return kernel_release().find(condition.substr(8)) != std::string::npos;
  if (!condition.starts_with("config:") || kernel_config().empty()) return false;
  std::string_view name = condition.substr(7);
  return kernel_config().find(cat("\n", name, "=y")) == std::string::npos &&
         kernel_config().find(cat("\n", name, "=m")) == std::string::npos;
}

bool is_listed(std::string_view feature) {
  auto list = read_file(REDBEE_SOURCE_DIR "/tests/kernel/missing_features.txt");
  if (!list) return false;
  for (std::string_view line : split(*list, '\n', false)) {
    auto words = split(line.substr(0, line.find('#')), ' ', false);
    if (words.size() == 2 && words[0] == feature && holds(words[1])) return true;
  }
  return false;
}

}  // namespace

Missing missing(Feature feature) {
  static Features features;
  const FeatureProbe& probe = features.probe(feature);
  if (probe.is_supported) return {};
  bool is_too_old = running_kernel() < since(feature);
  return {cat("no ", name_of(feature), " (", probe.reason, ")"), is_too_old || is_listed(name_of(feature))};
}

}  // namespace redbee::kernel_test
