#include "src/load/libbpf_log.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <mutex>

#include "src/base/log.h"
#include "src/base/text.h"

namespace redbee {
namespace {

thread_local LibbpfMessages* current = nullptr;

// libbpf's warnings end up in an Error, so they are news only to somebody who debugs.
int print(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG && !is_logged(LogLevel::debug)) return 0;
  char text[4096];
  int n = vsnprintf(text, sizeof text, format, arguments);
  std::string line(trim(text));
  log(LogLevel::debug, line);
  if (level == LIBBPF_WARN) collect_libbpf_line(std::move(line));
  return n;
}

}  // namespace

void collect_libbpf_line(std::string line) {
  if (current) current->lines_.push_back(std::move(line));
}

LibbpfMessages::LibbpfMessages() : outer_(current) {
  static std::once_flag once;
  std::call_once(once, [] { libbpf_set_print(print); });
  current = this;
}

LibbpfMessages::~LibbpfMessages() { current = outer_; }

std::string LibbpfMessages::last() const {
  if (lines_.empty()) return "";
  std::string_view line = lines_.back();
  constexpr std::string_view kPrefix = "libbpf: ";
  if (line.starts_with(kPrefix)) line.remove_prefix(kPrefix.size());
  return std::string(line);
}

}  // namespace redbee
