// One x86-64 instruction, as far as the interpreter of machine_code.h follows it: what compilers make
// of short C functions that load fields and test flags. Of any other instruction it is known how long
// it is and which registers it changes. Vector extensions (VEX, EVEX) are not decoded.
//
//   48 8b 47 10   mov 0x10(%rdi),%rax   -> move, register 0, memory {base 7, displacement 16}
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace redbee::profiler {

struct X86Operand {
  enum class Kind { none, reg, immediate, memory, opaque };  // opaque: its value is not followed
  Kind kind = Kind::none;
  int reg = -1;                // 0-15 for rax…r15 of any width
  int64_t number = 0;          // immediate, or a memory operand's displacement
  int base = -1, index = -1;   // registers of a memory operand
  bool is_rip = false;         // relative to the next instruction
  bool is_fs = false;
  int bytes = 0;
};

struct X86Instruction {
  enum class Operation {
    other, nothing, move, address, add, bit_and, shift_right, exclusive_or, test, set_if_not_zero,
    push, pop, call, jump, branch, ret,
  };
  Operation operation = Operation::other;
  int length = 0;
  X86Operand operands[2];      // the destination first; a relative target is an immediate
  uint16_t changes = 0;        // of `other`: a bit for each register
};

// Nothing when the bytes are none of the instructions known, or cut short.
std::optional<X86Instruction> decode_x86(std::span<const uint8_t> code);

}  // namespace redbee::profiler
