#include "src/cc/usdt_operand.h"

#include <gtest/gtest.h>

namespace redbee::cc {
namespace {

using Kind = UsdtOperand::Kind;

UsdtOperand parsed(const char* text) {
  auto operand = parse_usdt_operand(text);
  EXPECT_TRUE(operand) << text;
  return operand ? *operand : UsdtOperand{};
}

TEST(UsdtOperand, RegistersOfEveryWidthNameTheSamePlace) {
  for (const char* text : {"8@%rdi", "8@%edi", "8@%di", "8@%dil"}) {
    EXPECT_EQ(parsed(text).kind, Kind::reg);
    EXPECT_EQ(parsed(text).base, 112);
  }
  EXPECT_EQ(parsed("4@%r12d").base, 24);
  EXPECT_EQ(parsed("1@%ah").base_shift, 8u);
}

TEST(UsdtOperand, SizeAndSign) {
  EXPECT_EQ(parsed("-4@%eax").size, 4u);
  EXPECT_TRUE(parsed("-4@%eax").is_signed);
  EXPECT_FALSE(parsed("2@%ax").is_signed);
}

TEST(UsdtOperand, Constants) {
  EXPECT_EQ(parsed("4@$3").value, 3);
  EXPECT_EQ(parsed("-8@$-17").value, -17);
  EXPECT_EQ(parsed("8@$0x10").value, 16);
}

TEST(UsdtOperand, MemoryWithBaseIndexAndScale) {
  const UsdtOperand plain = parsed("-4@-20(%rbp)");
  EXPECT_EQ(plain.kind, Kind::memory);
  EXPECT_EQ(plain.value, -20);
  EXPECT_EQ(plain.base, 32);
  EXPECT_EQ(plain.index, -1);
  const UsdtOperand indexed = parsed("8@16(%rax,%rcx,4)");
  EXPECT_EQ(indexed.base, 80);
  EXPECT_EQ(indexed.index, 88);
  EXPECT_EQ(indexed.scale, 4u);
  EXPECT_EQ(parsed("8@(%rbx)").base, 40);
  EXPECT_EQ(parsed("8@8(%rip)").base, 128);
  EXPECT_EQ(parsed("8@(,%rcx,8)").base, -1);
}

TEST(UsdtOperand, FloatsAreFloats) {
  EXPECT_EQ(parsed("8f@%xmm0").kind, Kind::floating);
  EXPECT_EQ(parsed("8@%xmm3").kind, Kind::floating);
}

TEST(UsdtOperand, AnythingElseIsRefused) {
  for (const char* text :
       {"", "8", "@%rax", "3@%rax", "8@%foo", "8@12", "8@(%rax", "8@(%rax,%rcx,3)", "8@$x", "8@()",
        "8@1(2)", "9f@%xmm0", "8@(%rax,%rcx,1,2)"})
    EXPECT_FALSE(parse_usdt_operand(text)) << text;
}

TEST(UsdtBindings, ListOfVariants) {
  auto bindings = parse_usdt_bindings(
      R"({"probes":[{"function":"f","probe":"a:b","variants":[["8@%rdi"],["8@$1"]]}]})");
  ASSERT_TRUE(bindings);
  ASSERT_NE(bindings->find("f"), nullptr);
  EXPECT_EQ(bindings->find("f")->variants.size(), 2u);
  EXPECT_EQ(bindings->find("g"), nullptr);
}

TEST(UsdtBindings, MalformedFactsAreRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"probes":[{}]})", R"({"probes":[{"function":"f","variants":[1]}]})",
        R"({"probes":[{"function":"f","variants":[["nonsense"]]}]})"})
    EXPECT_FALSE(parse_usdt_bindings(text)) << text;
}

}  // namespace
}  // namespace redbee::cc
