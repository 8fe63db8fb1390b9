#include "profiler/profile/name_pattern.h"

#include "src/base/text.h"

namespace redbee::profiler {

Result<NamePattern> NamePattern::parse(const std::string& text) {
  NamePattern pattern;
  bool is_regex = text.size() > 2 && text.front() == '/' && text.back() == '/';
  if (!is_regex) {
    if (text.empty())
      return fail(Errc::invalid_argument, "an empty method name matches everything");
    pattern.part_ = text;
    return pattern;
  }
  std::string expression = text.substr(1, text.size() - 2);
  auto regex = std::make_unique<regex_t>();
  int status = regcomp(regex.get(), expression.c_str(), REG_EXTENDED | REG_NOSUB);
  if (status != 0) {
    char reason[128];
    regerror(status, regex.get(), reason, sizeof reason);
    return fail(Errc::invalid_argument, cat("regular expression ", text, ": ", reason));
  }
  pattern.regex_.reset(regex.release());
  return pattern;
}

bool NamePattern::matches(const std::string& name) const {
  if (!regex_) return name.find(part_) != std::string::npos;
  return regexec(regex_.get(), name.c_str(), 0, nullptr, 0) == 0;
}

}  // namespace redbee::profiler
