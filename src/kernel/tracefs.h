// tracefs: where it is mounted, its events and their format files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"

namespace redbee {

// "/sys/kernel/tracing", or debugfs' copy of it; not_found says how to mount it.
Result<std::string> tracefs_path();
// The number perf_event_open wants: events/CATEGORY/NAME/id. not_found names the event, and near
// names of the same category.
Result<uint64_t> tracepoint_id(const std::string& category, const std::string& name);
// FNV-1a 64 of events/CATEGORY/NAME/format in 16 hex digits, as Facts::tracepoints has it. `event` is
// "category:name"; `tracefs` empty: where it is mounted. Nothing when it cannot be read.
std::optional<std::string> tracepoint_format_hash(const std::string& event, const std::string& tracefs = "");

}  // namespace redbee
