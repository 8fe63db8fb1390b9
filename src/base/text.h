// Text pieces joined and split. Nothing here knows what the text means.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redbee {

// cat("open ", path, ": ", n) == "open /x: 3"
template <typename... Args>
std::string cat(const Args&... args) {
  fmt::memory_buffer out;
  (fmt::format_to(std::back_inserter(out), "{}", args), ...);
  return fmt::to_string(out);
}

// Without the empty pieces when keep_empty is false.
std::vector<std::string_view> split(std::string_view text, char separator, bool keep_empty = true);
std::string_view trim(std::string_view text);
// Decimal or 0x-prefixed; the whole text must be the number.
std::optional<uint64_t> parse_u64(std::string_view text);
std::string hex(const void* data, size_t size);

}  // namespace redbee
