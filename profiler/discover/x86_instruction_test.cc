#include "profiler/discover/x86_instruction.h"

#include <gtest/gtest.h>

#include <vector>

namespace redbee::profiler {
namespace {

using Kind = X86Operand::Kind;
using Operation = X86Instruction::Operation;

X86Instruction decode(std::vector<uint8_t> code) {
  const std::optional<X86Instruction> instruction = decode_x86(code);
  EXPECT_TRUE(instruction);
  EXPECT_EQ(instruction.value_or(X86Instruction{}).length, static_cast<int>(code.size()));
  return instruction.value_or(X86Instruction{});
}

TEST(X86Instruction, ReadsAFieldBehindAPointer) {
  const X86Instruction load = decode({0x4c, 0x8b, 0x87, 0x40, 0x01, 0x00, 0x00});  // mov 0x140(%rdi),%r8
  EXPECT_EQ(load.operation, Operation::move);
  EXPECT_EQ(load.operands[0].reg, 8);
  EXPECT_EQ(load.operands[1].kind, Kind::memory);
  EXPECT_EQ(load.operands[1].base, 7);
  EXPECT_EQ(load.operands[1].number, 0x140);
  EXPECT_EQ(load.operands[1].bytes, 8);
}

TEST(X86Instruction, TellsBasesApart) {
  EXPECT_TRUE(decode({0x48, 0x8d, 0x3d, 0xf0, 0xff, 0xff, 0xff}).operands[1].is_rip);  // lea -0x10(%rip),%rdi
  const X86Instruction fs = decode({0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0});        // mov %fs:0,%rax
  EXPECT_TRUE(fs.operands[1].is_fs);
  EXPECT_EQ(fs.operands[1].base, -1);
  EXPECT_EQ(decode({0x41, 0x8b, 0x45, 0x00}).operands[1].base, 13);                    // mov 0(%r13),%eax
  EXPECT_EQ(decode({0x4a, 0x8b, 0x04, 0xe0}).operands[1].index, 12);                   // mov (%rax,%r12,8),%rax
  EXPECT_EQ(decode({0x65, 0x8b, 0x00}).operands[1].kind, Kind::opaque);                // mov %gs:(%rax),%eax
}

TEST(X86Instruction, KnowsTheWidthOfAFlagTest) {
  const X86Instruction byte = decode({0xf6, 0x40, 0x14, 0x80});  // testb $0x80,0x14(%rax)
  EXPECT_EQ(byte.operation, Operation::test);
  EXPECT_EQ(byte.operands[0].bytes, 1);
  EXPECT_EQ(byte.operands[1].number, 0x80);
  EXPECT_EQ(decode({0x0f, 0xb7, 0x47, 0x02}).operands[1].bytes, 2);  // movzwl 2(%rdi),%eax
  EXPECT_EQ(decode({0xf6, 0xc4, 0x20}).operands[0].kind, Kind::opaque);  // test $0x20,%ah
}

TEST(X86Instruction, FollowsPaddedCallsOfTheThreadLocalResolver) {
  const X86Instruction call = decode({0x66, 0x66, 0x48, 0xe8, 0xfc, 0xff, 0xff, 0xff});
  EXPECT_EQ(call.operation, Operation::call);
  EXPECT_EQ(call.operands[0].number, -4);
  EXPECT_EQ(decode({0xff, 0x10}).operands[0].base, 0);  // call *(%rax)
}

TEST(X86Instruction, NamesWhatOtherInstructionsChange) {
  EXPECT_EQ(decode({0x48, 0x0f, 0x44, 0xc2}).changes, 1 << 0);            // cmove %rdx,%rax
  EXPECT_EQ(decode({0x48, 0xf7, 0xf1}).changes, 1 << 0 | 1 << 2);         // div %rcx
  EXPECT_EQ(decode({0x48, 0x83, 0xec, 0x18}).changes, 1 << 4);            // sub $0x18,%rsp
  EXPECT_EQ(decode({0x66, 0x0f, 0xef, 0xc0}).changes, 0);                 // pxor %xmm0,%xmm0
}

TEST(X86Instruction, RefusesWhatIsCutShortOrUnknown) {
  EXPECT_FALSE(decode_x86(std::vector<uint8_t>{}));
  EXPECT_FALSE(decode_x86(std::vector<uint8_t>{0x48, 0x8b, 0x87, 0x40}));
  EXPECT_FALSE(decode_x86(std::vector<uint8_t>{0x0f, 0x0b}));              // ud2
  EXPECT_FALSE(decode_x86(std::vector<uint8_t>{0xc5, 0xf8, 0x77}));        // vzeroupper
  EXPECT_FALSE(decode_x86(std::vector<uint8_t>(20, 0x66)));
}

}  // namespace
}  // namespace redbee::profiler
