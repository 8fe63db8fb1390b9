// What a verifier log says, in two lines: where in the source it stopped, and why.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace redbee {

struct VerifierVerdict {
  std::string source;   // "x = p->field @ tool.c:12", empty when the log quotes no source
  std::string reason;   // "R1 type=scalar expected=fp"
};

VerifierVerdict read_verifier_log(std::string_view log);
// "reason (at: source)"
std::string summary_of(const VerifierVerdict& verdict);

}  // namespace redbee
