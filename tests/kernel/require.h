// REDBEE_REQUIRE(feature): skips a test on kernels without the feature, and fails it on kernels that
// should have it, unless tests/kernel/missing_features.txt says why this one does not.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "redbee/features.h"

namespace redbee::kernel_test {

// Empty when the feature is there; else the reason, and whether missing it is accepted.
struct Missing {
  std::string reason;
  bool is_accepted = false;
};
Missing missing(Feature feature);

}  // namespace redbee::kernel_test

#define REDBEE_REQUIRE(feature) REDBEE_REQUIRE_FEATURE(redbee::Feature::feature)

#define REDBEE_REQUIRE_FEATURE(feature)                                                      \
  do {                                                                                       \
    auto redbee_missing = redbee::kernel_test::missing(feature);                             \
    if (redbee_missing.reason.empty()) break;                                                \
    if (redbee_missing.is_accepted) GTEST_SKIP() << redbee_missing.reason;                   \
    FAIL() << redbee_missing.reason << ": this kernel should have " << redbee::name_of(feature) \
           << "; if not, say why in tests/kernel/missing_features.txt";                      \
  } while (false)
