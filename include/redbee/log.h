// Log: the one place where the library's messages go: a callback, so that the library never prints.
// Commands and bindings choose where that is; until they do, messages are dropped.
//
//   log_to_stderr();   // warnings and errors, or what REDBEE_LOG=error|warn|info|debug asks for
#pragma once

#include <functional>
#include <string_view>

namespace redbee {

enum class LogLevel { error, warn, info, debug };

using LogSink = std::function<void(LogLevel, std::string_view)>;

// Replaces the sink; not thread-safe, call it at start-up. The first sink drops everything.
void set_log_sink(LogSink sink);
// A sink to standard error for commands: level from REDBEE_LOG=error|warn|info|debug (default warn).
void log_to_stderr();
void log(LogLevel level, std::string_view message);
// Whether a message of this level would go anywhere; guards costly message building.
bool is_logged(LogLevel level);

}  // namespace redbee
