#include "src/base/text.h"

#include <gtest/gtest.h>

namespace redbee {
namespace {

TEST(Text, SplitKeepsEmptyPiecesUnlessAsked) {
  EXPECT_EQ(split("a::b", ':'), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("a::b", ':', false), (std::vector<std::string_view>{"a", "b"}));
}

TEST(Text, NumberMustBeTheWholeText) {
  EXPECT_EQ(parse_u64("0x1f"), 31u);
  EXPECT_EQ(parse_u64("12"), 12u);
  EXPECT_EQ(parse_u64("12ms"), std::nullopt);
  EXPECT_EQ(parse_u64(""), std::nullopt);
  EXPECT_EQ(parse_u64("0x"), std::nullopt);
}

}  // namespace
}  // namespace redbee
