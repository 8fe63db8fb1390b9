#include "profiler/discover/x86_instruction.h"

namespace redbee::profiler {
namespace {

using Kind = X86Operand::Kind;
using Operation = X86Instruction::Operation;
enum { kRax = 0, kRcx = 1, kRdx = 2, kRsp = 4, kRbp = 5 };

bool is_between(int value, int low, int high) { return low <= value && value <= high; }

X86Operand register_operand(int reg, int bytes) { return {.kind = Kind::reg, .reg = reg, .bytes = bytes}; }
X86Operand immediate_operand(int64_t number) { return {.kind = Kind::immediate, .number = number}; }

class Decoder {
 public:
  explicit Decoder(std::span<const uint8_t> code) : code_(code) {}

  std::optional<X86Instruction> decode() {
    const int opcode = prefixes();
    if (opcode == 0x0f) two_bytes();
    else one_byte(opcode);
    if (is_bad_) return std::nullopt;
    out_.length = static_cast<int>(at_);
    return out_;
  }

 private:
  uint8_t byte() {
    if (at_ < code_.size()) return code_[at_++];
    is_bad_ = true;
    return 0;
  }

  // Little endian, sign-extended.
  int64_t number(int bytes) {
    if (bytes == 0) return 0;
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= static_cast<uint64_t>(byte()) << 8 * i;
    const int unused = 64 - 8 * bytes;
    return static_cast<int64_t>(value << unused) >> unused;
  }

  int prefixes() {
    for (;;) {
      const uint8_t next = byte();
      if (next == 0x66) is_16_bits_ = true;
      else if (next == 0x67) has_short_addresses_ = true;
      else if (next == 0x64) is_fs_ = true;
      else if (next == 0x65) is_gs_ = true;
      else if (next == 0xf3) has_f3_ = true;
      else if (next == 0xf0 || next == 0xf2 || next == 0x2e || next == 0x36 || next == 0x3e || next == 0x26) continue;
      else if ((next & 0xf0) != 0x40) return next;
      else {
        rex_ = next;
        return byte();
      }
    }
  }

  int width() const { return rex_ & 8 ? 8 : is_16_bits_ ? 2 : 4; }
  int immediate_bytes() const { return is_16_bits_ && !(rex_ & 8) ? 2 : 4; }

  // ah…bh are bits 8-15 of the first four registers.
  X86Operand general(int reg, int bytes) const {
    if (bytes != 1 || rex_ || reg < 4) return register_operand(reg, bytes);
    return {.kind = Kind::opaque, .reg = reg - 4, .bytes = bytes};
  }

  // The ModRM byte and what follows it.
  void modrm(int rm_bytes, int reg_bytes) {
    const uint8_t modrm = byte();
    field_ = modrm >> 3 & 7;
    reg_ = general(field_ | (rex_ & 4) << 1, reg_bytes);
    if (modrm >> 6 == 3) rm_ = general((modrm & 7) | (rex_ & 1) << 3, rm_bytes);
    else memory(modrm >> 6, modrm & 7, rm_bytes);
  }

  void memory(int mode, int low, int bytes) {
    rm_ = {.kind = Kind::memory, .is_fs = is_fs_, .bytes = bytes};
    int displacement_bytes = mode == 1 ? 1 : mode == 2 ? 4 : 0;
    if (low == 4) {
      const uint8_t sib = byte();
      low = sib & 7;
      const int index = (sib >> 3 & 7) | (rex_ & 2) << 2;
      if (index != kRsp) rm_.index = index;
    } else if (mode == 0 && low == kRbp) {
      rm_.is_rip = true;
    }
    if (mode == 0 && low == kRbp) displacement_bytes = 4;
    else rm_.base = low | (rex_ & 1) << 3;
    rm_.number = number(displacement_bytes);
    if (is_gs_ || has_short_addresses_) rm_.kind = Kind::opaque;
  }

  void is(Operation operation, X86Operand first = {}, X86Operand second = {}) {
    out_.operation = operation;
    out_.operands[0] = first;
    out_.operands[1] = second;
  }
  void changes(int reg) { out_.changes |= static_cast<uint16_t>(1 << reg); }
  // A register named by ModRM; memory is nobody's concern.
  void changes(const X86Operand& operand) {
    if (operand.kind != Kind::memory && operand.reg >= 0) changes(operand.reg);
  }

  // A mask of one byte has no sign.
  X86Operand immediate(int bytes, int operand_bytes) {
    const int64_t value = number(bytes);
    return immediate_operand(operand_bytes == 1 ? value & 0xff : value);
  }

  // The eight operations that share their encodings: add or adc sbb and sub xor cmp.
  void arithmetic(int which, const X86Operand& to, const X86Operand& from) {
    switch (which) {
      case 0: return is(Operation::add, to, from);
      case 4: return is(Operation::bit_and, to, from);
      case 6: return is(Operation::exclusive_or, to, from);
      case 7: return is(Operation::nothing);
      default: changes(to);
    }
  }

  void one_byte(int opcode) {
    const int bytes = opcode & 1 ? width() : 1;  // most come in pairs: one byte, or the operand size
    if (opcode < 0x40) return arithmetic_opcode(opcode, bytes);
    if (is_between(opcode, 0x50, 0x5f)) {
      const Operation operation = opcode < 0x58 ? Operation::push : Operation::pop;
      return is(operation, register_operand((opcode & 7) | (rex_ & 1) << 3, 8));
    }
    if (is_between(opcode, 0x70, 0x7f) || opcode == 0xe3) return is(Operation::branch, immediate_operand(number(1)));
    if (is_between(opcode, 0x91, 0x97)) return changes(kRax), changes((opcode & 7) | (rex_ & 1) << 3);
    if (is_between(opcode, 0xb0, 0xbf)) return move_immediate(opcode);
    switch (opcode) {
      case 0x63: return modrm(4, width()), is(Operation::move, reg_, rm_);
      case 0x68: return is(Operation::push, immediate_operand(number(immediate_bytes())));
      case 0x6a: return is(Operation::push, immediate_operand(number(1)));
      case 0x69: modrm(width(), width()); number(immediate_bytes()); return changes(reg_);
      case 0x6b: modrm(width(), width()); number(1); return changes(reg_);
      case 0x80: case 0x81: case 0x83: {
        modrm(bytes, bytes);
        const X86Operand value = immediate(opcode == 0x81 ? immediate_bytes() : 1, bytes);
        return arithmetic(field_, rm_, value);
      }
      case 0x84: case 0x85: return modrm(bytes, bytes), is(Operation::test, rm_, reg_);
      case 0x86: case 0x87: return modrm(bytes, bytes), changes(rm_), changes(reg_);
      case 0x88: case 0x89: return modrm(bytes, bytes), is(Operation::move, rm_, reg_);
      case 0x8a: case 0x8b: return modrm(bytes, bytes), is(Operation::move, reg_, rm_);
      case 0x8d: return modrm(width(), width()), is(Operation::address, reg_, rm_);
      case 0x8f: return modrm(8, 8), is(Operation::pop, rm_);
      case 0x90: return rex_ & 1 ? (changes(kRax), changes(8)) : is(Operation::nothing);
      case 0x98: return changes(kRax);
      case 0x99: return changes(kRdx);
      case 0xa4: case 0xa5: case 0xaa: case 0xab: return changes(kRcx), changes(6), changes(7);
      case 0xa8: case 0xa9:
        return is(Operation::test, register_operand(kRax, bytes), immediate(bytes == 1 ? 1 : immediate_bytes(), bytes));
      case 0xc0: case 0xc1: modrm(bytes, bytes); return shift(immediate_operand(number(1)));
      case 0xd0: case 0xd1: modrm(bytes, bytes); return shift(immediate_operand(1));
      case 0xd2: case 0xd3: modrm(bytes, bytes); return changes(rm_);
      case 0xc2: number(2); return is(Operation::ret);
      case 0xc3: return is(Operation::ret);
      case 0xc6: case 0xc7: {
        modrm(bytes, bytes);
        const X86Operand value = immediate_operand(number(bytes == 1 ? 1 : immediate_bytes()));
        return is(Operation::move, rm_, value);
      }
      case 0xc9: return changes(kRsp), changes(kRbp);
      case 0xe8: return is(Operation::call, immediate_operand(number(4)));
      case 0xe9: return is(Operation::jump, immediate_operand(number(4)));
      case 0xeb: return is(Operation::jump, immediate_operand(number(1)));
      case 0xf6: case 0xf7: return unary(bytes);
      case 0xfe: return modrm(1, 1), changes(rm_);
      case 0xff: return indirect();
      default: is_bad_ = true;
    }
  }

  void arithmetic_opcode(int opcode, int bytes) {
    const int form = opcode & 7;
    if (form > 5) return void(is_bad_ = true);
    if (form < 4) modrm(bytes, bytes);
    if (form < 2) return arithmetic(opcode >> 3, rm_, reg_);
    if (form < 4) return arithmetic(opcode >> 3, reg_, rm_);
    arithmetic(opcode >> 3, register_operand(kRax, bytes), immediate(form == 4 ? 1 : immediate_bytes(), bytes));
  }

  void move_immediate(int opcode) {
    const int reg = (opcode & 7) | (rex_ & 1) << 3;
    if (opcode < 0xb8) return is(Operation::move, general(reg, 1), immediate_operand(number(1)));
    const int64_t value = number(width());
    is(Operation::move, register_operand(reg, width()), immediate_operand(width() == 8 ? value : value & 0xffffffff));
  }

  void shift(const X86Operand& count) {
    if (field_ == 5 || field_ == 7) is(Operation::shift_right, rm_, count);
    else changes(rm_);
  }

  // test, not, neg, mul, imul, div, idiv
  void unary(int bytes) {
    modrm(bytes, bytes);
    if (field_ < 2) return is(Operation::test, rm_, immediate(bytes == 1 ? 1 : immediate_bytes(), bytes));
    if (field_ < 4) return changes(rm_);
    changes(kRax);
    changes(kRdx);
  }

  // inc, dec, call, call far, jmp, jmp far, push
  void indirect() {
    modrm(8, 8);
    switch (field_) {
      case 0: case 1: return changes(rm_);
      case 2: return is(Operation::call, rm_);
      case 4: return is(Operation::jump, rm_);
      case 6: return is(Operation::push, rm_);
      default: is_bad_ = true;
    }
  }

  void two_bytes() {
    const int opcode = byte();
    const int bytes = opcode & 1 ? width() : 1;
    if (is_between(opcode, 0x80, 0x8f)) return is(Operation::branch, immediate_operand(number(4)));
    if (is_between(opcode, 0xc8, 0xcf)) return changes((opcode & 7) | (rex_ & 1) << 3);
    if (opcode == 0x38 || opcode == 0x3a) return void(is_bad_ = true);
    if (opcode == 0x05) return changes(kRax), changes(kRcx), changes(11);
    if (opcode == 0x31 || opcode == 0xa2) return changes(kRax), changes(kRcx), changes(kRdx), changes(3);
    // What is left without a ModRM byte is no work of a compiler: ud2, system instructions.
    if (opcode < 0x10 || is_between(opcode, 0x20, 0x27) || is_between(opcode, 0x30, 0x3f) || opcode == 0x77 ||
        opcode == 0xa0 || opcode == 0xa1 || opcode == 0xa8 || opcode == 0xa9 || opcode == 0xaa || opcode == 0xff)
      return void(is_bad_ = true);
    if (opcode == 0xb6 || opcode == 0xbe) return modrm(1, width()), is(Operation::move, reg_, rm_);
    if (opcode == 0xb7 || opcode == 0xbf) return modrm(2, width()), is(Operation::move, reg_, rm_);
    modrm(is_between(opcode, 0x90, 0x9f) ? 1 : bytes == 1 ? width() : bytes, width());
    if (is_between(opcode, 0x18, 0x1f)) return is(Operation::nothing);  // endbr64 is one of them
    if (opcode == 0x95) return is(Operation::set_if_not_zero, rm_);
    if (is_between(opcode, 0x70, 0x73) || opcode == 0xa4 || opcode == 0xac || opcode == 0xba || opcode == 0xc2 ||
        is_between(opcode, 0xc4, 0xc6))
      number(1);
    changes_of_two_bytes(opcode);
  }

  // Vector instructions change vector registers, but for those that move something to a general one.
  void changes_of_two_bytes(int opcode) {
    const bool is_reg = is_between(opcode, 0x40, 0x4f) || opcode == 0x2c || opcode == 0x2d || opcode == 0x50 ||
                        opcode == 0xaf || opcode == 0xb8 || opcode == 0xbc || opcode == 0xbd || opcode == 0xc5 ||
                        opcode == 0xd7;
    const bool is_rm = is_between(opcode, 0x90, 0x9f) || (opcode == 0x7e && !has_f3_) || opcode == 0xa4 ||
                       opcode == 0xa5 || is_between(opcode, 0xab, 0xad) || opcode == 0xb3 || opcode == 0xba ||
                       opcode == 0xbb;
    if (is_reg) changes(reg_);
    if (is_rm) changes(rm_);
    if (opcode == 0xb0 || opcode == 0xb1) changes(kRax), changes(rm_);  // cmpxchg
    if (opcode == 0xc0 || opcode == 0xc1) changes(reg_), changes(rm_);  // xadd
    if (opcode == 0xc7) changes(kRax), changes(kRdx), changes(rm_);     // cmpxchg16b, rdrand
  }

  std::span<const uint8_t> code_;
  size_t at_ = 0;
  bool is_bad_ = false;
  bool is_16_bits_ = false, has_short_addresses_ = false, is_fs_ = false, is_gs_ = false, has_f3_ = false;
  int rex_ = 0, field_ = 0;
  X86Operand reg_, rm_;
  X86Instruction out_;
};

}  // namespace

std::optional<X86Instruction> decode_x86(std::span<const uint8_t> code) { return Decoder(code).decode(); }

}  // namespace redbee::profiler
