#include "redbee/features.h"

#include <gtest/gtest.h>

#include <set>

namespace redbee {
namespace {

TEST(Features, TableIsInTheOrderOfTheEnum) {
  int expected = 0;
  for (Feature feature : all_features()) EXPECT_EQ(static_cast<int>(feature), expected++) << name_of(feature);
  EXPECT_EQ(expected, static_cast<int>(Feature::syscall_tracepoints) + 1);
}

TEST(Features, HaveDistinctNamesAndAKernelVersion) {
  std::set<std::string_view> names;
  for (Feature feature : all_features()) {
    EXPECT_TRUE(names.insert(name_of(feature)).second) << name_of(feature);
    EXPECT_GT(since(feature).major, 0);
    EXPECT_FALSE(describe(feature).empty());
  }
}

TEST(RunningKernel, IsAtLeastFour) { EXPECT_GE(running_kernel(), (KernelVersion{4, 0})); }

}  // namespace
}  // namespace redbee
