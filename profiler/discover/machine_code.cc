#include "profiler/discover/machine_code.h"

#include <array>
#include <optional>

#include "profiler/discover/instructions.h"

namespace redbee::profiler {
namespace {

using Kind = Expression::Kind;

constexpr int kMaxPaths = 32;
constexpr int kMaxInstructions = 400;
constexpr int kMaxCallDepth = 3;

enum { kRax = 0, kRdi = 7 };
constexpr int kArguments[] = {7, 6, 2, 1, 8, 9};               // rdi rsi rdx rcx r8 r9
constexpr int kClobbered[] = {0, 1, 2, 6, 7, 8, 9, 10, 11};    // by a call

struct Machine {
  std::array<Value, 16> registers;
  std::vector<Value> stack;             // pushed values, for push/pop pairs
  std::vector<uint64_t> return_to;      // of calls that are followed
  std::vector<Value> comparisons;
  Value last_test = unknown_value();
  uint64_t at = 0;
  int steps = 0;
};

bool is_in_group(const cs_insn& step, uint8_t group) {
  for (int i = 0; i < step.detail->groups_count; ++i)
    if (step.detail->groups[i] == group) return true;
  return false;
}

class Interpreter {
 public:
  explicit Interpreter(const ElfImage& image) : image_(image), code_(image) {}

  std::vector<CodePath> run(uint64_t start) {
    Machine machine;
    machine.registers.fill(unknown_value());
    for (int i = 0; i < std::ssize(kArguments); ++i) machine.registers[kArguments[i]] = make_value(Kind::argument, i);
    machine.at = start;
    pending_.push_back(std::move(machine));
    while (!pending_.empty() && std::ssize(paths_) < kMaxPaths) {
      Machine next = std::move(pending_.back());
      pending_.pop_back();
      follow(std::move(next));
    }
    return std::move(paths_);
  }

 private:
  void follow(Machine machine) {
    while (machine.steps++ < kMaxInstructions) {
      const cs_insn* step = code_.at(machine.at);
      if (!step) return;
      machine.at += step->size;
      if (step->id == X86_INS_RET) {
        if (machine.return_to.empty()) return paths_.push_back({machine.registers[kRax], machine.comparisons});
        machine.at = machine.return_to.back();
        machine.return_to.pop_back();
      } else if (step->id == X86_INS_CALL) {
        call(&machine, *step);
      } else if (step->id == X86_INS_JMP) {
        machine.at = Instructions::direct_target(*step);
        if (!machine.at) return;
      } else if (is_in_group(*step, CS_GRP_JUMP)) {
        branch(machine, *step);
      } else if (is_in_group(*step, CS_GRP_INT) || step->id == X86_INS_UD2 || step->id == X86_INS_HLT) {
        return;
      } else {
        execute(&machine, *step);
      }
    }
  }

  void call(Machine* machine, const cs_insn& step) {
    const uint64_t target = Instructions::direct_target(step);
    const std::string_view imported = target ? code_.plt_target(target) : code_.imported_target(step);
    const Value first = machine->registers[kRdi];
    Value result = unknown_value();
    if (imported == "__tls_get_addr" && first->kind == Kind::constant) {
      result = make_value(Kind::tls_address, first->number);
    } else if (is_descriptor_call(*machine, step)) {
      machine->registers[kRax] = make_value(Kind::tls_descriptor, machine->registers[kRax]->number);
      return;  // a descriptor's resolver changes no other register
    } else if (target && imported.empty() && std::ssize(machine->return_to) < kMaxCallDepth &&
               !image_.bytes_at(target, 1).empty()) {
      machine->return_to.push_back(machine->at);
      machine->at = target;
      return;
    }
    for (int reg : kClobbered) machine->registers[reg] = unknown_value();
    machine->registers[kRax] = result;
  }

  // lea descriptor(%rip),%rax; call *(%rax)
  static bool is_descriptor_call(const Machine& machine, const cs_insn& step) {
    const cs_x86_op& operand = step.detail->x86.operands[0];
    return operand.type == X86_OP_MEM && operand.mem.base == X86_REG_RAX &&
           machine.registers[kRax]->kind == Kind::constant;
  }

  void branch(const Machine& machine, const cs_insn& step) {
    const uint64_t target = Instructions::direct_target(step);
    if (!target || std::ssize(pending_) >= kMaxPaths) return;
    Machine taken = machine;
    taken.at = target;
    pending_.push_back(std::move(taken));
  }

  static Value address(const Machine& machine, const cs_insn& step, const cs_x86_op& operand) {
    if (operand.type != X86_OP_MEM || operand.mem.index != X86_REG_INVALID) return unknown_value();
    const x86_op_mem& memory = operand.mem;
    if (memory.base == X86_REG_RIP)
      return make_value(Kind::constant, static_cast<int64_t>(step.address) + step.size + memory.disp);
    const int base = general_register(memory.base);
    if (memory.segment == X86_REG_FS) return thread_address(machine, base, memory.disp);
    if (memory.segment == X86_REG_GS) return unknown_value();
    return add(base < 0 ? make_value(Kind::constant, 0) : machine.registers[base], memory.disp);
  }

  static Value thread_address(const Machine& machine, int base, int64_t displacement) {
    const Value thread = make_value(Kind::thread_pointer);
    if (base < 0) return add(thread, displacement);
    const Value& offset = machine.registers[base];
    if (offset->kind == Kind::constant) return add(thread, offset->number + displacement);
    // The offset itself was loaded from the GOT (initial-exec): keep where from.
    return is_load(offset) && displacement == 0 ? make_value(Kind::indexed, 0, offset) : unknown_value();
  }

  static Value read(const Machine& machine, const cs_insn& step, const cs_x86_op& operand) {
    switch (operand.type) {
      case X86_OP_REG: {
        const int reg = general_register(operand.reg);
        return reg < 0 || is_second_byte(operand.reg) ? unknown_value() : machine.registers[reg];
      }
      case X86_OP_IMM:  // a mask of one byte has no sign
        return make_value(Kind::constant, operand.size == 1 ? operand.imm & 0xff : operand.imm);
      case X86_OP_MEM: {
        const Value where = address(machine, step, operand);
        // %fs:0 holds the thread pointer itself.
        return where->kind == Kind::thread_pointer ? where : load(where, operand.size);
      }
      default: return unknown_value();
    }
  }

  static void write(Machine* machine, const cs_x86_op& to, Value value) {
    const int reg = to.type == X86_OP_REG ? general_register(to.reg) : -1;
    if (reg >= 0) machine->registers[reg] = is_second_byte(to.reg) ? unknown_value() : std::move(value);
  }

  void execute(Machine* machine, const cs_insn& step) {
    const cs_x86& x86 = step.detail->x86;
    const cs_x86_op& to = x86.operands[0];
    const auto value = [&](int which) { return read(*machine, step, x86.operands[which]); };
    switch (step.id) {
      case X86_INS_MOV: case X86_INS_MOVABS: case X86_INS_MOVZX: case X86_INS_MOVSX: case X86_INS_MOVSXD:
        return write(machine, to, value(1));
      case X86_INS_LEA: return write(machine, to, address(*machine, step, x86.operands[1]));
      case X86_INS_ADD: return write(machine, to, sum(value(0), value(1)));
      case X86_INS_AND: return write(machine, to, masked(value(0), value(1)));
      case X86_INS_SHR: case X86_INS_SAR:
        return write(machine, to, shifted(value(0), x86.op_count > 1 ? value(1) : make_value(Kind::constant, 1)));
      case X86_INS_XOR: {
        const bool is_zero = to.type == X86_OP_REG && x86.operands[1].type == X86_OP_REG && to.reg == x86.operands[1].reg;
        return write(machine, to, is_zero ? make_value(Kind::constant, 0) : unknown_value());
      }
      case X86_INS_TEST:
        machine->last_test = tested(value(0), value(1));
        return machine->comparisons.push_back(machine->last_test);
      case X86_INS_SETNE: return write(machine, to, machine->last_test);
      case X86_INS_PUSH: return machine->stack.push_back(value(0));
      case X86_INS_POP:
        write(machine, to, machine->stack.empty() ? unknown_value() : machine->stack.back());
        if (!machine->stack.empty()) machine->stack.pop_back();
        return;
      default:
        for (int reg : code_.changed_registers(step)) machine->registers[reg] = unknown_value();
    }
  }

  const ElfImage& image_;
  Instructions code_;
  std::vector<Machine> pending_;
  std::vector<CodePath> paths_;
};

}  // namespace

std::vector<CodePath> interpret_function(const ElfImage& image, std::string_view function) {
  const std::optional<ElfSymbol> symbol = image.find_symbol(function);
  if (!symbol || symbol->address == 0) return {};
  return Interpreter(image).run(symbol->address);
}

}  // namespace redbee::profiler
