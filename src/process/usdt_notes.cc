#include "src/process/usdt_notes.h"

#include <elf.h>

#include <charconv>
#include <cstring>
#include <optional>

#include "src/base/log.h"
#include "src/base/text.h"

namespace redbee {
namespace {

constexpr uint32_t kProbeNote = 3;

size_t round_up_4(size_t n) { return (n + 3) & ~size_t{3}; }

std::string_view take_string(std::string_view& text) {
  size_t end = text.find('\0');
  std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return taken;
}

std::optional<UsdtNote> parse_descriptor(std::string_view bytes) {
  uint64_t numbers[3];
  if (bytes.size() < sizeof numbers) return std::nullopt;
  memcpy(numbers, bytes.data(), sizeof numbers);
  bytes.remove_prefix(sizeof numbers);
  UsdtNote note{.address = numbers[0], .base = numbers[1], .semaphore = numbers[2], .provider = {}, .name = {}, .arguments = {}};
  note.provider = take_string(bytes);
  note.name = take_string(bytes);
  note.arguments = take_string(bytes);
  if (note.provider.empty() || note.name.empty()) return std::nullopt;
  return note;
}

std::optional<int64_t> parse_int(std::string_view text) {
  int64_t value;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "counter+8", "8+counter", "counter-4", "counter" → address.
std::optional<uint64_t> evaluate(std::string_view expression, FindSymbol find) {
  if (auto address = find(expression)) return address;
  size_t sign = expression.find_last_of("+-");
  if (sign == expression.npos || sign == 0) return std::nullopt;
  std::string_view left = expression.substr(0, sign), right = expression.substr(sign + 1);
  if (auto number = parse_int(right)) {
    auto base = evaluate(left, find);
    if (!base) return std::nullopt;
    return expression[sign] == '+' ? *base + static_cast<uint64_t>(*number) : *base - static_cast<uint64_t>(*number);
  }
  auto number = parse_int(left);
  auto base = number && expression[sign] == '+' ? find(right) : std::nullopt;
  if (!base) return std::nullopt;
  return *base + static_cast<uint64_t>(*number);
}

std::string normalise(std::string_view argument, uint64_t address, FindSymbol find) {
  constexpr std::string_view kBase = "(%rip)";
  size_t at = argument.find('@');
  std::string size(at == argument.npos ? "8" : argument.substr(0, at));
  std::string_view operand = at == argument.npos ? argument : argument.substr(at + 1);
  if (!operand.ends_with(kBase)) return cat(size, "@", operand);
  std::string_view expression = operand.substr(0, operand.size() - kBase.size());
  if (parse_int(expression)) return cat(size, "@", expression, "(%ip)");
  auto target = evaluate(expression, find);
  if (!target) {
    log(LogLevel::warn, cat("USDT argument ", argument, " reads as 0: the file's symbols do not have it (stripped?)"));
    return cat(size, size.ends_with('f') ? "@" : "f@", operand);   // the notation's way to say so
  }
  return cat(size, "@", static_cast<int64_t>(*target - address), "(%ip)");
}

}  // namespace

std::vector<UsdtNote> parse_usdt_notes(std::string_view section) {
  std::vector<UsdtNote> notes;
  while (section.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr header;
    memcpy(&header, section.data(), sizeof header);
    section.remove_prefix(sizeof header);
    size_t name_bytes = round_up_4(header.n_namesz), desc_bytes = round_up_4(header.n_descsz);
    if (name_bytes > section.size() || desc_bytes > section.size() - name_bytes) break;
    bool is_probe = header.n_type == kProbeNote && section.starts_with(std::string_view("stapsdt", 8));
    if (is_probe) {
      if (auto note = parse_descriptor(section.substr(name_bytes, header.n_descsz))) notes.push_back(*note);
    }
    section.remove_prefix(name_bytes + desc_bytes);
  }
  return notes;
}

std::vector<std::string> normalise_usdt_arguments(std::string_view arguments, uint64_t address, FindSymbol find) {
  std::vector<std::string> normalised;
  for (std::string_view argument : split(arguments, ' ', false)) normalised.push_back(normalise(argument, address, find));
  return normalised;
}

}  // namespace redbee
