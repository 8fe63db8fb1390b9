#include "src/kernel/tracefs.h"

#include <gtest/gtest.h>

#include "src/base/fnv1a.h"
#include "src/kernel/cpus.h"
#include "src/kernel/identity.h"

namespace redbee {
namespace {

TEST(Fnv1a64, MatchesThePublishedVectors) {
  EXPECT_EQ(fnv1a64(""), 0xcbf29ce484222325u);
  EXPECT_EQ(fnv1a64("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(fnv1a64("foobar"), 0x85944171f73967e8u);
}

TEST(CpuList, ReadsRangesAndHoles) {
  EXPECT_EQ(*parse_cpu_list("0-2,5\n"), (std::vector<int>{0, 1, 2, 5}));
  EXPECT_EQ(*parse_cpu_list("7"), std::vector<int>{7});
}

TEST(CpuList, RefusesWhatIsNoList) {
  for (const char* text : {"", "a", "3-1", "1,,x", "0-999999999"}) EXPECT_FALSE(parse_cpu_list(text)) << text;
}

TEST(Identity, NamesTheRunningKernel) {
  EXPECT_FALSE(kernel_release().empty());
  std::string id = kernel_build_id();
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
}

TEST(TracepointFormatHash, IsAbsentForUnknownEvents) {
  EXPECT_FALSE(tracepoint_format_hash("no_colon"));
  EXPECT_FALSE(tracepoint_format_hash("syscalls:sys_enter_write", "/nonexistent"));
}

}  // namespace
}  // namespace redbee
