#include "src/base/log.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace redbee {
namespace {

LogSink& sink() {
  static LogSink current;
  return current;
}
LogLevel threshold = LogLevel::warn;

LogLevel level_from_environment() {
  const char* text = getenv("REDBEE_LOG");
  std::string_view name = text ? text : "";
  if (name == "error") return LogLevel::error;
  if (name == "info") return LogLevel::info;
  if (name == "debug") return LogLevel::debug;
  return LogLevel::warn;
}

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::error: return "error";
    case LogLevel::warn: return "warning";
    case LogLevel::info: return "info";
    case LogLevel::debug: return "debug";
  }
  return "";
}

}  // namespace

void set_log_sink(LogSink new_sink) {
  threshold = level_from_environment();
  sink() = std::move(new_sink);
}

void log_to_stderr() {
  set_log_sink([](LogLevel level, std::string_view message) {
    fprintf(stderr, "redbee: %s: %.*s\n", name_of(level), static_cast<int>(message.size()),
            message.data());
  });
}

bool is_logged(LogLevel level) { return sink() && level <= threshold; }

void log(LogLevel level, std::string_view message) {
  if (is_logged(level)) sink()(level, message);
}

}  // namespace redbee
