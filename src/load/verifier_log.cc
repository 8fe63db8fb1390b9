#include "src/load/verifier_log.h"

#include <algorithm>

#include "src/base/text.h"

namespace redbee {
namespace {

// Statistics that follow the reason.
bool is_statistics(std::string_view line) {
  for (std::string_view start : {"processed ", "verification time ", "stack depth ", "max_states", "peak_states",
                                 "mark_precise:", "The sequence of"}) {
    if (line.starts_with(start)) return true;
  }
  return false;
}

// "12: (85) call …", "from 3 to 5: …", "; source", "R0=…": the trace, not the reason.
bool is_trace(std::string_view line) {
  size_t digits = line.find_first_not_of("0123456789");
  if (digits != 0 && digits != line.npos && line.substr(digits).starts_with(": ")) return true;
  return line.starts_with("; ") || line.starts_with("from ") || line.starts_with("func#") ||
         line.starts_with("R0=") || line.starts_with("R1=") || line.starts_with(" R");
}

}  // namespace

VerifierVerdict read_verifier_log(std::string_view log) {
  VerifierVerdict verdict;
  std::vector<std::string_view> lines = split(log, '\n', false);
  auto reason = std::find_if(lines.rbegin(), lines.rend(),
                             [](std::string_view line) { return !is_statistics(line) && !is_trace(line); });
  if (reason != lines.rend()) verdict.reason = trim(*reason);
  auto source = std::find_if(reason == lines.rend() ? lines.rbegin() : reason, lines.rend(),
                             [](std::string_view line) { return line.starts_with("; "); });
  if (source != lines.rend()) verdict.source = trim(source->substr(2));
  return verdict;
}

std::string summary_of(const VerifierVerdict& verdict) {
  std::string reason = verdict.reason.empty() ? "the verifier gave no reason" : verdict.reason;
  return verdict.source.empty() ? reason : cat(reason, " (at: ", verdict.source, ")");
}

}  // namespace redbee
