#include "view/text.h"

#include <fmt/format.h>
#include <wchar.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace redbee::view {

namespace {

struct Character {
  uint32_t code = 0;
  size_t size = 0;  // 0: the first byte is not the start of a character
};

size_t sequence_size(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

// Refuses overlong forms, surrogates and what lies beyond U+10FFFF (RFC 3629).
Character decode(std::string_view bytes) {
  auto lead = static_cast<uint8_t>(bytes[0]);
  size_t size = sequence_size(lead);
  if (size == 0 || size > bytes.size()) return {};
  if (size == 1) return {lead, 1};
  uint32_t code = lead & (0x7fu >> size);
  for (size_t i = 1; i < size; i++) {
    auto byte = static_cast<uint8_t>(bytes[i]);
    if ((byte & 0xc0) != 0x80) return {};
    code = code << 6 | (byte & 0x3f);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
  return {code, size};
}

void append_hex(std::string& out, uint8_t byte) {
  fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
}

bool is_control(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

// Calls emit(text of one character, its code) and escape(byte) in the order of the bytes.
template <typename Emit, typename Escape>
void for_each_character(std::string_view bytes, Emit emit, Escape escape) {
  for (size_t at = 0; at < bytes.size();) {
    Character character = decode(bytes.substr(at));
    bool looks_escaped = bytes.substr(at, 2) == "\\x";
    if (character.size == 0 || looks_escaped) {
      escape(static_cast<uint8_t>(bytes[at]));
      at++;
      continue;
    }
    emit(bytes.substr(at, character.size), character.code);
    at += character.size;
  }
}

bool is_plain(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; });
}

void append_json_character(std::string& out, std::string_view text, uint32_t code) {
  switch (code) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  // U+2028 and U+2029 end a line in older JavaScript; `<` could end a script element.
  if (code < 0x20 || code == 0x7f || code == '<' || code == 0x2028 || code == 0x2029) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
  } else {
    out += text;
  }
}

int columns_of(uint32_t code) {
  int columns = wcwidth(static_cast<wchar_t>(code));
  if (columns >= 0) return columns;
  // In the C locale wcwidth knows only ASCII: CJK, kana, Hangul, full-width forms and emoji.
  bool is_wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
                 (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
                 (code >= 0xff00 && code < 0xff61) || (code >= 0x1f300 && code < 0x1fb00);
  return is_wide ? 2 : 1;
}

}  // namespace

std::string utf8(std::string_view bytes) {
  if (is_plain(bytes)) return std::string(bytes);
  std::string out;
  for_each_character(
      bytes, [&](std::string_view text, uint32_t) { out += text; },
      [&](uint8_t byte) { append_hex(out, byte); });
  return out;
}

std::string printable(std::string_view bytes) {
  if (is_plain(bytes)) return std::string(bytes);
  std::string out;
  for_each_character(
      bytes,
      [&](std::string_view text, uint32_t code) {
        if (!is_control(code)) {
          out += text;
          return;
        }
        for (char c : text) append_hex(out, static_cast<uint8_t>(c));
      },
      [&](uint8_t byte) { append_hex(out, byte); });
  return out;
}

void append_json(std::string& out, std::string_view bytes) {
  out += '"';
  for_each_character(
      bytes, [&](std::string_view text, uint32_t code) { append_json_character(out, text, code); },
      [&](uint8_t byte) { fmt::format_to(std::back_inserter(out), "\\\\x{:02x}", byte); });
  out += '"';
}

std::string html_escape(std::string_view bytes) {
  std::string out;
  for (char c : utf8(bytes)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

int display_width(std::string_view text) {
  int width = 0;
  for (size_t at = 0; at < text.size();) {
    Character character = decode(text.substr(at));
    width += character.size ? columns_of(character.code) : 1;
    at += std::max<size_t>(character.size, 1);
  }
  return width;
}

std::string shorten(std::string_view text, int width) {
  if (width <= 0) return {};
  if (display_width(text) <= width) return std::string(text);
  // The end of a name tells more than its beginning ("…::Relation#to_a"), so it gets more room.
  int head_columns = (width - 1) / 3, tail_columns = width - 1 - head_columns;
  std::vector<size_t> starts;
  for (size_t at = 0; at < text.size(); at += std::max<size_t>(decode(text.substr(at)).size, 1)) {
    starts.push_back(at);
  }
  size_t head = 0, tail = starts.size();
  auto columns_at = [&](size_t i) {
    return display_width(
        text.substr(starts[i], (i + 1 < starts.size() ? starts[i + 1] : text.size()) - starts[i]));
  };
  for (int left = head_columns; head < starts.size() && (left -= columns_at(head)) >= 0;) head++;
  for (int left = tail_columns; tail > head && (left -= columns_at(tail - 1)) >= 0;) tail--;
  return fmt::format("{}…{}", text.substr(0, starts[head]),
                     tail < starts.size() ? text.substr(starts[tail]) : "");
}

std::string with_thousands(uint64_t value) {
  std::string digits = std::to_string(value), out;
  for (size_t i = 0; i < digits.size(); i++) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string percent(uint64_t part, uint64_t whole) {
  double share = whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
  return fmt::format("{:.1f}%", share);
}

namespace {

struct Scale {
  double factor;
  const char* unit;
};

template <size_t n>
std::string scaled(double value, const Scale (&scales)[n]) {
  const Scale* scale = &scales[0];
  for (const Scale& candidate : scales) {
    if (value >= candidate.factor) scale = &candidate;
  }
  if (scale->factor == 1) return fmt::format("{:.0f} {}", value, scale->unit);
  return fmt::format("{:.2f} {}", value / scale->factor, scale->unit);
}

}  // namespace

std::string human_bytes(uint64_t bytes) {
  constexpr Scale kScales[] = {{1, "B"}, {1024, "KiB"}, {1048576, "MiB"}, {1073741824, "GiB"}};
  return scaled(static_cast<double>(bytes), kScales);
}

std::string human_ns(uint64_t ns) {
  constexpr Scale kScales[] = {{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}};
  return scaled(static_cast<double>(ns), kScales);
}

}  // namespace redbee::view
