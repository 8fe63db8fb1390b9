#include "src/cc/printk_format.h"

#include "src/base/text.h"

namespace redbee::cc {
namespace {

// One conversion after its '%': its letter, 0 when the format ends inside it.
char take_conversion(std::string_view& rest) {
  while (!rest.empty() && std::string_view("-+ #0123456789.").find(rest[0]) != rest.npos)
    rest.remove_prefix(1);
  while (!rest.empty() && (rest[0] == 'l' || rest[0] == 'h' || rest[0] == 'z'))
    rest.remove_prefix(1);
  if (rest.empty()) return 0;
  const char letter = rest[0];
  rest.remove_prefix(1);
  return letter;
}

}  // namespace

std::string printk_format_problem(std::string_view format, unsigned values) {
  unsigned conversions = 0;
  for (size_t percent; (percent = format.find('%')) != format.npos;) {
    format.remove_prefix(percent + 1);
    if (format.starts_with("%")) {
      format.remove_prefix(1);
      continue;
    }
    const char letter = take_conversion(format);
    if (letter == 0) return "the format ends inside a conversion";
    if (std::string_view("fFeEgGaA").find(letter) != std::string_view::npos)
      return cat("%", letter, " is not supported by the kernel: BPF has no floating point");
    if (std::string_view("diuxXpsc").find(letter) == std::string_view::npos)
      return cat("%", letter, " is not supported by bpf_trace_printk");
    ++conversions;
  }
  if (conversions > 3) return "bpf_trace_printk prints at most three values";
  if (conversions != values)
    return cat("the format has ", conversions, conversions == 1 ? " conversion" : " conversions",
               " and is given ", values, values == 1 ? " value" : " values");
  return "";
}

}  // namespace redbee::cc
