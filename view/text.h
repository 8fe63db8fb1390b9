// Bytes from traced programs as text for people and machines. Names need not be UTF-8 and may hold
// control characters: what cannot be shown as it is becomes \xNN, and nothing is dropped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace redbee::view {

// Valid UTF-8: each byte that is not part of a character becomes \xNN. A backslash before `x` in
// the input becomes \x5c, so that the bytes can be had back exactly.
std::string utf8(std::string_view bytes);
// utf8() on one line, safe on a terminal: control characters become \xNN too.
std::string printable(std::string_view bytes);
// A JSON string with its quotes, of utf8(bytes). `<` is written \u003c: safe inside <script>.
void append_json(std::string& out, std::string_view bytes);
// For HTML text and attributes.
std::string html_escape(std::string_view bytes);

// Columns that the text takes on a terminal; wide characters count two.
int display_width(std::string_view utf8_text);
// At most `width` columns; what is cut in the middle is marked with "…".
std::string shorten(std::string_view utf8_text, int width);

std::string with_thousands(uint64_t value);          // 1,234,567
std::string percent(uint64_t part, uint64_t whole);  // "12.3%"; of nothing: "0.0%"
std::string human_bytes(uint64_t bytes);             // 1.5 MiB
std::string human_ns(uint64_t ns);                   // 1.50 ms

}  // namespace redbee::view
