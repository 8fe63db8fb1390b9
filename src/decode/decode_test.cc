#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "redbee/value.h"

namespace redbee {
namespace {

enum : int { kU32, kS8, kChar, kName, kFlags, kU16, kPointer, kEnum, kInner, kData, kBool, kDouble, kU8, kBytes, kWide, kList, kS32, kPacked, kUnion };

TypeTable make_types() {
  TypeTable t(19);
  t[kU32] = {.kind = TypeKind::integer, .name = "u32", .size = 4};
  t[kS8] = {.kind = TypeKind::integer, .name = "s8", .size = 1, .is_signed = true};
  t[kChar] = {.kind = TypeKind::character, .name = "char", .size = 1, .is_signed = true};
  t[kName] = {.kind = TypeKind::array, .size = 16, .element = kChar, .count = 16};
  t[kFlags] = {.kind = TypeKind::structure, .name = "flags", .size = 4, .fields = {
      {"a", kU32, 0, 0, 3}, {"b", kS32, 0, 3, 5}, {"c", kU32, 0, 8, 24}}};
  t[kU16] = {.kind = TypeKind::integer, .name = "u16", .size = 2};
  t[kPointer] = {.kind = TypeKind::pointer, .size = 8, .element = kData};
  t[kEnum] = {.kind = TypeKind::enumeration, .name = "state", .size = 4, .values = {{"IDLE", 0}, {"LOST", -1}}};
  t[kInner] = {.kind = TypeKind::structure, .size = 4, .fields = {{"x", kU16, 0}, {"y", kU16, 2}}};
  t[kData] = {.kind = TypeKind::structure, .name = "data_t", .size = 40, .fields = {
      {"pid", kU32, 0}, {"comm", kName, 4}, {"next", kPointer, 24}, {"", kInner, 32}, {"state", kEnum, 36}}};
  t[kBool] = {.kind = TypeKind::boolean, .name = "bool", .size = 1};
  t[kDouble] = {.kind = TypeKind::floating, .name = "double", .size = 8};
  t[kU8] = {.kind = TypeKind::integer, .name = "u8", .size = 1};
  t[kBytes] = {.kind = TypeKind::array, .size = 3, .element = kU8, .count = 3};
  t[kWide] = {.kind = TypeKind::integer, .name = "__int128", .size = 16, .is_signed = true};
  t[kList] = {.kind = TypeKind::array, .size = 8, .element = kInner, .count = 2};
  t[kS32] = {.kind = TypeKind::integer, .name = "int", .size = 4, .is_signed = true};
  t[kPacked] = {.kind = TypeKind::structure, .name = "packed", .size = 9, .is_packed = true, .fields = {{"v", kWide, 0, 7, 60}}};
  t[kUnion] = {.kind = TypeKind::union_, .name = "u", .size = 4, .fields = {{"word", kU32, 0}, {"byte", kU8, 0}}};
  return t;
}

const TypeTable kTypes = make_types();

template <typename T>
Bytes bytes_of(const T& object) {
  return std::as_bytes(std::span(&object, 1));
}

TEST(Decode, ReadsScalarsBySizeAndSign) {
  int8_t minus = -5;
  EXPECT_EQ(decode(kTypes, kS8, bytes_of(minus)), Value{int64_t{-5}});
  EXPECT_EQ(decode(kTypes, kU8, bytes_of(minus)), Value{uint64_t{251}});
  uint32_t big = 0xfffffffe;
  EXPECT_EQ(decode(kTypes, kU32, bytes_of(big)), Value{uint64_t{0xfffffffe}});
  EXPECT_EQ(decode(kTypes, kBool, bytes_of(minus)), Value{true});
  double pi = 3.25;
  EXPECT_EQ(decode(kTypes, kDouble, bytes_of(pi)), Value{3.25});
}

TEST(Decode, ReadsStructsWithTextPointersEnumsAndAnonymousMembers) {
  struct {
    uint32_t pid = 7;
    char comm[16] = "ruby";
    uint64_t next = 0xffff888000000000;
    uint16_t x = 1, y = 2;
    int32_t state = -1;
  } __attribute__((packed)) data;
  char raw[40] = {};
  memcpy(raw, &data.pid, 4), memcpy(raw + 4, data.comm, 16), memcpy(raw + 24, &data.next, 8);
  memcpy(raw + 32, &data.x, 2), memcpy(raw + 34, &data.y, 2), memcpy(raw + 36, &data.state, 4);
  Value value = decode(kTypes, kData, bytes_of(raw));
  ASSERT_NE(value.record(), nullptr);
  EXPECT_EQ(value.record()->find("pid")->integer(), 7u);
  EXPECT_EQ(*value.record()->find("comm")->text(), "ruby");
  EXPECT_EQ(*value.record()->find("next"), Value{Address{0xffff888000000000}});
  EXPECT_EQ(value.record()->find("")->record()->find("y")->integer(), 2u);
  EXPECT_EQ(value.to_text(), "{pid: 7, comm: \"ruby\", next: 0xffff888000000000, {x: 1, y: 2}, state: LOST}");
}

TEST(Decode, ReadsBitFieldsAsTheCompilerLaysThemOut) {
  struct {
    unsigned a : 3;
    int b : 5;
    unsigned c : 24;
  } flags{.a = 5, .b = -3, .c = 0xabcdef};
  Value value = decode(kTypes, kFlags, bytes_of(flags));
  EXPECT_EQ(value.record()->find("a")->integer(), 5u);
  EXPECT_EQ(*value.record()->find("b"), Value{int64_t{-3}});
  EXPECT_EQ(value.record()->find("c")->integer(), 0xabcdefu);
}

TEST(Decode, ReadsABitFieldThatEndsInTheNinthByte) {
  unsigned char raw[9] = {0x80, 0xff, 0, 0, 0, 0, 0, 0, 0x03};   // bits 7…66
  EXPECT_EQ(read_integer(kTypes, kTypes[kPacked].fields[0], bytes_of(raw)), 0x06000000000001ffu);
}

TEST(Decode, KeepsTextToItsFirstNulAndFullArraysWhole) {
  char full[16];
  memset(full, 'x', sizeof full);
  EXPECT_EQ(*decode(kTypes, kName, bytes_of(full)).text(), std::string(16, 'x'));
  EXPECT_EQ(decode(kTypes, kBytes, bytes_of("ab")).to_text(), "[97, 98, 0]");
}

TEST(Decode, TreatsMissingBytesAsZero) {
  unsigned char one[1] = {9};
  Value value = decode(kTypes, kData, bytes_of(one));
  EXPECT_EQ(value.record()->find("pid")->integer(), 9u);
  EXPECT_EQ(*value.record()->find("comm")->text(), "");
  EXPECT_EQ(decode(kTypes, kList, {}).to_text(), "[{x: 0, y: 0}, {x: 0, y: 0}]");
  EXPECT_EQ(decode(kTypes, 999, {}).to_text(), "nothing");
}

TEST(Decode, ReadsUnionsAsEachOfTheirMembers) {
  uint32_t word = 0x01020304;
  EXPECT_EQ(decode(kTypes, kUnion, bytes_of(word)).to_text(), "{word: 16909060, byte: 4}");
}

TEST(Decode, ReadsWideIntegers) {
  __int128 wide = -2;
  EXPECT_EQ(decode(kTypes, kWide, bytes_of(wide)), (Value{WideInteger{~uint64_t{1}, ~uint64_t{0}, true}}));
}

TEST(DecodePerCpu, StepsBySlotsOfEightBytes) {
  uint32_t slots[4] = {1, 0, 2, 0};
  auto values = decode_per_cpu(kTypes, kU32, bytes_of(slots), 2);
  EXPECT_THAT(values, testing::ElementsAre(Value{uint64_t{1}}, Value{uint64_t{2}}));
}

TEST(Types, AreSpelledAsInC) {
  EXPECT_EQ(spell_type(kTypes, kName), "char[16]");
  EXPECT_EQ(spell_type(kTypes, kPointer), "data_t *");
  EXPECT_EQ(spell_type(kTypes, kData), "struct data_t");
  EXPECT_EQ(spell_type(kTypes, -1), "void");
}

}  // namespace
}  // namespace redbee
