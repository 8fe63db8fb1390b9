#include "src/cc/usdt_operand.h"

#include <nlohmann/json.hpp>

#include "src/base/text.h"

namespace redbee::cc {
namespace {

struct Register {
  const char* names[4];  // 64, 32, 16 and 8 bits
  int offset;            // in struct pt_regs
};
constexpr Register kRegisters[] = {
    {{"r15", "r15d", "r15w", "r15b"}, 0},  {{"r14", "r14d", "r14w", "r14b"}, 8},
    {{"r13", "r13d", "r13w", "r13b"}, 16}, {{"r12", "r12d", "r12w", "r12b"}, 24},
    {{"rbp", "ebp", "bp", "bpl"}, 32},     {{"rbx", "ebx", "bx", "bl"}, 40},
    {{"r11", "r11d", "r11w", "r11b"}, 48}, {{"r10", "r10d", "r10w", "r10b"}, 56},
    {{"r9", "r9d", "r9w", "r9b"}, 64},     {{"r8", "r8d", "r8w", "r8b"}, 72},
    {{"rax", "eax", "ax", "al"}, 80},      {{"rcx", "ecx", "cx", "cl"}, 88},
    {{"rdx", "edx", "dx", "dl"}, 96},      {{"rsi", "esi", "si", "sil"}, 104},
    {{"rdi", "edi", "di", "dil"}, 112},    {{"rip", "eip", "ip", "ip"}, 128},
    {{"rsp", "esp", "sp", "spl"}, 152}};

struct Found {
  int offset;
  unsigned shift;
};

std::optional<Found> find_register(std::string_view name) {
  if (!name.starts_with("%")) return std::nullopt;
  name.remove_prefix(1);
  for (const Register& each : kRegisters)
    for (const char* spelling : each.names)
      if (name == spelling) return Found{each.offset, 0};
  constexpr std::pair<const char*, int> kHigh[] = {{"ah", 80}, {"bh", 40}, {"ch", 88}, {"dh", 96}};
  for (const auto& [spelling, offset] : kHigh)
    if (name == spelling) return Found{offset, 8};
  return std::nullopt;
}

std::optional<int64_t> parse_signed(std::string_view text) {
  const bool is_negative = text.starts_with("-");
  if (is_negative || text.starts_with("+")) text.remove_prefix(1);
  const auto magnitude = parse_u64(text);
  if (!magnitude) return std::nullopt;
  return static_cast<int64_t>(is_negative ? 0 - *magnitude : *magnitude);
}

// "disp(%base,%index,scale)", "(%base)", "disp(%ip)"; false when the text is something else.
bool parse_memory(std::string_view text, UsdtOperand& out) {
  const size_t open = text.find('(');
  if (open == text.npos || !text.ends_with(")")) return false;
  if (open > 0) {
    const auto displacement = parse_signed(text.substr(0, open));
    if (!displacement) return false;
    out.value = *displacement;
  }
  const auto parts = split(text.substr(open + 1, text.size() - open - 2), ',');
  if (parts.empty() || parts.size() > 3) return false;
  if (!trim(parts[0]).empty()) {
    const auto base = find_register(trim(parts[0]));
    if (!base || base->shift) return false;
    out.base = base->offset;
  }
  if (parts.size() > 1) {
    const auto index = find_register(trim(parts[1]));
    if (!index || index->shift) return false;
    out.index = index->offset;
  }
  if (parts.size() > 2) {
    const auto scale = parse_u64(trim(parts[2]));
    if (!scale || (*scale != 1 && *scale != 2 && *scale != 4 && *scale != 8)) return false;
    out.scale = static_cast<unsigned>(*scale);
  }
  out.kind = UsdtOperand::Kind::memory;
  return out.base >= 0 || out.index >= 0;
}

bool parse_size(std::string_view text, UsdtOperand& out) {
  if (text.ends_with("f")) {
    out.kind = UsdtOperand::Kind::floating;
    text.remove_suffix(1);
  }
  out.is_signed = text.starts_with("-");
  if (out.is_signed) text.remove_prefix(1);
  const auto size = parse_u64(text);
  if (!size || (*size != 1 && *size != 2 && *size != 4 && *size != 8)) return false;
  out.size = static_cast<unsigned>(*size);
  return true;
}

}  // namespace

Result<UsdtOperand> parse_usdt_operand(std::string_view text) {
  const std::string whole(text);
  auto refuse = [&] {
    return fail(Errc::invalid_argument, cat("USDT argument \"", whole, "\" is not SIZE@OPERAND"));
  };
  UsdtOperand out;
  const size_t at = text.find('@');
  if (at == text.npos || !parse_size(text.substr(0, at), out)) return refuse();
  const std::string_view operand = trim(text.substr(at + 1));
  if (operand.starts_with("%xmm")) out.kind = UsdtOperand::Kind::floating;
  if (out.kind == UsdtOperand::Kind::floating) return out;
  if (operand.starts_with("$")) {
    const auto value = parse_signed(operand.substr(1));
    if (!value) return refuse();
    out.value = *value;
    return out;
  }
  if (const auto found = find_register(operand)) {
    out.kind = UsdtOperand::Kind::reg;
    out.base = found->offset;
    out.base_shift = found->shift;
    return out;
  }
  if (parse_memory(operand, out)) return out;
  return refuse();
}

const UsdtBinding* UsdtBindings::find(std::string_view function) const {
  for (const UsdtBinding& each : probes)
    if (each.function == function) return &each;
  return nullptr;
}

Result<UsdtBindings> parse_usdt_bindings(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  auto refuse = [](const char* what) {
    return fail(Errc::invalid_argument, cat("USDT facts: ", what));
  };
  if (!json.is_object() || !json.contains("probes") || !json["probes"].is_array())
    return refuse("not an object with \"probes\"");
  UsdtBindings out;
  for (const auto& probe : json["probes"]) {
    if (!probe.is_object() || !probe.contains("function") || !probe["function"].is_string() ||
        !probe.contains("variants") || !probe["variants"].is_array())
      return refuse("a probe needs \"function\" and \"variants\"");
    UsdtBinding binding{probe["function"], probe.value("probe", ""), {}};
    for (const auto& arguments : probe["variants"]) {
      if (!arguments.is_array()) return refuse("a variant is a list of arguments");
      UsdtVariant variant;
      for (const auto& argument : arguments) {
        if (!argument.is_string()) return refuse("an argument is a text");
        variant.push_back(TRY(parse_usdt_operand(argument.get<std::string>())));
      }
      binding.variants.push_back(std::move(variant));
    }
    if (binding.variants.empty()) binding.variants.emplace_back();
    out.probes.push_back(std::move(binding));
  }
  return out;
}

}  // namespace redbee::cc
