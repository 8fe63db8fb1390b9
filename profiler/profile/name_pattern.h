// What a user types to mean methods: a part of the name, or /an extended regular expression/.
#pragma once

#include <regex.h>

#include <memory>
#include <string>

#include "redbee/result.h"

namespace redbee::profiler {

class NamePattern {
 public:
  static Result<NamePattern> parse(const std::string& text);
  bool matches(const std::string& name) const;

 private:
  struct FreeRegex {
    void operator()(regex_t* regex) const {
      regfree(regex);
      delete regex;
    }
  };
  std::string part_;
  std::unique_ptr<regex_t, FreeRegex> regex_;
};

}  // namespace redbee::profiler
