#include "profiler/discover/machine_code.h"

#include <Zydis/Zydis.h>

#include <array>

#include "src/base/text.h"

namespace redbee::profiler {
namespace {

using Kind = Expression::Kind;

constexpr int kMaxPaths = 32;
constexpr int kMaxInstructions = 400;
constexpr int kMaxCallDepth = 3;

Value make(Kind kind, int64_t number = 0, Value base = nullptr, int64_t displacement = 0) {
  return std::make_shared<const Expression>(Expression{kind, number, std::move(base), displacement});
}
const Value kUnknown = make(Kind::unknown);

Value add(const Value& value, int64_t displacement) {
  if (value->kind == Kind::constant) return make(Kind::constant, value->number + displacement);
  if (value->kind == Kind::unknown) return kUnknown;
  if (displacement == 0) return value;
  if (value->kind == Kind::sum) return make(Kind::sum, 0, value->base, value->displacement + displacement);
  return make(Kind::sum, 0, value, displacement);
}

Value load(const Value& address, int bytes) {
  if (address->kind == Kind::unknown) return kUnknown;
  if (address->kind == Kind::sum) return make(Kind::load, bytes, address->base, address->displacement);
  return make(Kind::load, bytes, address, 0);
}

struct Machine {
  std::array<Value, 16> registers;
  std::vector<Value> stack;             // pushed values, for push/pop pairs
  std::vector<uint64_t> return_to;      // of calls that are followed
  std::vector<Value> comparisons;
  Value last_test = kUnknown;
  uint64_t at = 0;
  int steps = 0;
};

// One decoded instruction with its operands.
struct Step {
  ZydisDecodedInstruction instruction;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

// 0-15 for rax…r15 of any width; -1 for others. Writes of 8 and 16 bits are treated as whole ones:
// flags and enumerations are loaded that way and nothing of the old value is used.
int register_index(ZydisRegister reg) {
  const ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
  if (wide < ZYDIS_REGISTER_RAX || wide > ZYDIS_REGISTER_R15) return -1;
  return wide - ZYDIS_REGISTER_RAX;
}

class Interpreter {
 public:
  explicit Interpreter(const ElfImage& image) : image_(image) {
    ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  }

  std::vector<CodePath> run(uint64_t start) {
    Machine machine;
    machine.registers.fill(kUnknown);
    const int arguments[] = {7, 6, 2, 1, 8, 9};  // rdi rsi rdx rcx r8 r9
    for (int i = 0; i < 6; ++i) machine.registers[arguments[i]] = make(Kind::argument, i);
    machine.at = start;
    pending_.push_back(std::move(machine));
    while (!pending_.empty() && static_cast<int>(paths_.size()) < kMaxPaths) {
      Machine next = std::move(pending_.back());
      pending_.pop_back();
      follow(std::move(next));
    }
    return std::move(paths_);
  }

 private:
  void follow(Machine machine) {
    while (machine.steps++ < kMaxInstructions) {
      Step step;
      if (!decode(machine.at, &step)) return;
      const uint64_t next = machine.at + step.instruction.length;
      const uint64_t here = machine.at;
      machine.at = next;
      switch (step.instruction.meta.category) {
        case ZYDIS_CATEGORY_RET:
          if (!machine.return_to.empty()) {
            machine.at = machine.return_to.back();
            machine.return_to.pop_back();
            continue;
          }
          paths_.push_back({machine.registers[0], machine.comparisons});
          return;
        case ZYDIS_CATEGORY_CALL:
          call(&machine, step, here);
          continue;
        case ZYDIS_CATEGORY_UNCOND_BR:
          if (!jump(&machine, step, here)) return;
          continue;
        case ZYDIS_CATEGORY_COND_BR:
          branch(machine, step, here);
          continue;
        default:
          execute(&machine, step, here);
      }
    }
  }

  bool decode(uint64_t at, Step* step) const {
    const std::span<const uint8_t> code = image_.bytes_at(at, 16);
    return !code.empty() &&
           ZYAN_SUCCESS(ZydisDecoderDecodeFull(
               &decoder_, code.data(), code.size(), &step->instruction, step->operands));
  }

  static std::optional<uint64_t> direct_target(const Step& step, uint64_t at) {
    ZyanU64 target = 0;
    if (step.operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE) return std::nullopt;
    if (!ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&step.instruction, &step.operands[0], at, &target)))
      return std::nullopt;
    return target;
  }

  // The GOT entry that an indirect call or jump goes through; 0: none.
  static uint64_t got_entry(const Step& step, uint64_t at) {
    const ZydisDecodedOperand& operand = step.operands[0];
    if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || operand.mem.base != ZYDIS_REGISTER_RIP) return 0;
    return at + step.instruction.length + operand.mem.disp.value;
  }

  // The imported function behind a PLT entry: its first jump leads through the GOT.
  std::string_view plt_target(uint64_t stub) const {
    for (int i = 0; i < 3; ++i) {
      Step step;
      if (!decode(stub, &step)) return {};
      if (step.instruction.mnemonic == ZYDIS_MNEMONIC_JMP)
        return image_.relocated_symbol(got_entry(step, stub));
      if (step.instruction.mnemonic != ZYDIS_MNEMONIC_ENDBR64) return {};
      stub += step.instruction.length;
    }
    return {};
  }

  void call(Machine* machine, const Step& step, uint64_t at) const {
    const std::optional<uint64_t> target = direct_target(step, at);
    const std::string_view imported =
        target ? plt_target(*target) : image_.relocated_symbol(got_entry(step, at));
    const Value& first = machine->registers[7];
    Value result = kUnknown;
    if (imported == "__tls_get_addr" && first->kind == Kind::constant) {
      result = make(Kind::tls_address, first->number);
    } else if (is_descriptor_call(*machine, step)) {
      machine->registers[0] = make(Kind::tls_descriptor, machine->registers[0]->number);
      return;  // a descriptor's resolver changes no other register
    } else if (target && imported.empty() &&
               static_cast<int>(machine->return_to.size()) < kMaxCallDepth &&
               !image_.bytes_at(*target, 1).empty()) {
      machine->return_to.push_back(machine->at);
      machine->at = *target;
      return;
    }
    for (int clobbered : {0, 1, 2, 6, 7, 8, 9, 10, 11}) machine->registers[clobbered] = kUnknown;
    machine->registers[0] = result;
  }

  // lea descriptor(%rip),%rax; call *(%rax)
  static bool is_descriptor_call(const Machine& machine, const Step& step) {
    const ZydisDecodedOperand& operand = step.operands[0];
    return operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.base == ZYDIS_REGISTER_RAX &&
           machine.registers[0]->kind == Kind::constant;
  }

  bool jump(Machine* machine, const Step& step, uint64_t at) const {
    const std::optional<uint64_t> target = direct_target(step, at);
    if (!target) return false;
    machine->at = *target;
    return true;
  }

  void branch(const Machine& machine, const Step& step, uint64_t at) {
    const std::optional<uint64_t> target = direct_target(step, at);
    if (!target || static_cast<int>(pending_.size()) >= kMaxPaths) return;
    Machine taken = machine;
    taken.at = *target;
    pending_.push_back(std::move(taken));
  }

  Value address(const Machine& machine, const Step& step, const ZydisDecodedOperand& operand,
                uint64_t at) const {
    const auto& memory = operand.mem;
    if (memory.base == ZYDIS_REGISTER_RIP)
      return make(Kind::constant, static_cast<int64_t>(at + step.instruction.length) + memory.disp.value);
    Value value = make(Kind::constant, 0);
    if (memory.segment == ZYDIS_REGISTER_FS) {
      value = make(Kind::thread_pointer);
      if (const int base = register_index(memory.base); base >= 0) {
        const Value& offset = machine.registers[base];
        if (offset->kind == Kind::constant) return add(value, offset->number + memory.disp.value);
        // The offset itself was loaded from the GOT (initial-exec): keep where from.
        if (is_load(offset) && memory.disp.value == 0)
          return make(Kind::indexed, 0, offset);
        return kUnknown;
      }
      return add(value, memory.disp.value);
    }
    if (const int base = register_index(memory.base); base >= 0) value = machine.registers[base];
    if (memory.index != ZYDIS_REGISTER_NONE) return kUnknown;
    return add(value, memory.disp.value);
  }

  Value read(const Machine& machine, const Step& step, int which, uint64_t at) const {
    const ZydisDecodedOperand& operand = step.operands[which];
    switch (operand.type) {
      case ZYDIS_OPERAND_TYPE_REGISTER: {
        const int index = register_index(operand.reg.value);
        return index < 0 ? kUnknown : machine.registers[index];
      }
      case ZYDIS_OPERAND_TYPE_IMMEDIATE: return make(Kind::constant, operand.imm.value.s);
      case ZYDIS_OPERAND_TYPE_MEMORY: {
        const Value where = address(machine, step, operand, at);
        // %fs:0 holds the thread pointer itself.
        if (where->kind == Kind::thread_pointer) return where;
        return load(where, operand.size / 8);
      }
      default: return kUnknown;
    }
  }

  static void write(Machine* machine, const Step& step, Value value) {
    if (step.operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER) return;
    const int index = register_index(step.operands[0].reg.value);
    if (index >= 0) machine->registers[index] = std::move(value);
  }

  void execute(Machine* machine, const Step& step, uint64_t at) const {
    const auto operand = [&](int which) { return read(*machine, step, which, at); };
    switch (step.instruction.mnemonic) {
      case ZYDIS_MNEMONIC_MOV:
      case ZYDIS_MNEMONIC_MOVZX:
      case ZYDIS_MNEMONIC_MOVSX:
      case ZYDIS_MNEMONIC_MOVSXD:
        write(machine, step, operand(1));
        return;
      case ZYDIS_MNEMONIC_LEA:
        write(machine, step, address(*machine, step, step.operands[1], at));
        return;
      case ZYDIS_MNEMONIC_ADD: write(machine, step, sum(operand(0), operand(1))); return;
      case ZYDIS_MNEMONIC_AND: write(machine, step, masked(operand(0), operand(1))); return;
      case ZYDIS_MNEMONIC_SHR:
      case ZYDIS_MNEMONIC_SAR: write(machine, step, shifted(operand(0), operand(1))); return;
      case ZYDIS_MNEMONIC_XOR:
        if (step.operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            step.operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            step.operands[0].reg.value == step.operands[1].reg.value)
          write(machine, step, make(Kind::constant, 0));
        else
          write(machine, step, kUnknown);
        return;
      case ZYDIS_MNEMONIC_TEST:
        machine->last_test = tested(operand(0), operand(1));
        machine->comparisons.push_back(machine->last_test);
        return;
      case ZYDIS_MNEMONIC_SETNZ: write(machine, step, machine->last_test); return;
      case ZYDIS_MNEMONIC_PUSH: machine->stack.push_back(operand(0)); return;
      case ZYDIS_MNEMONIC_POP:
        write(machine, step, machine->stack.empty() ? kUnknown : machine->stack.back());
        if (!machine->stack.empty()) machine->stack.pop_back();
        return;
      case ZYDIS_MNEMONIC_CMP:
      case ZYDIS_MNEMONIC_NOP:
      case ZYDIS_MNEMONIC_ENDBR64: return;
      default: write(machine, step, kUnknown);
    }
  }

  static Value sum(const Value& a, const Value& b) {
    if (b->kind == Kind::constant) return add(a, b->number);
    if (a->kind == Kind::constant) return add(b, a->number);
    // mov offset@GOT,%rax; add %fs:0,%rax
    if (b->kind == Kind::thread_pointer && is_load(a)) return make(Kind::indexed, 0, a);
    if (a->kind == Kind::thread_pointer && is_load(b)) return make(Kind::indexed, 0, b);
    if (b->kind == Kind::thread_pointer && a->kind == Kind::tls_descriptor) return a;
    return kUnknown;
  }
  static Value masked(const Value& a, const Value& b) {
    return b->kind == Kind::constant && a->kind != Kind::unknown ? make(Kind::masked, b->number, a)
                                                                 : kUnknown;
  }
  static Value shifted(const Value& a, const Value& b) {
    return b->kind == Kind::constant && a->kind != Kind::unknown ? make(Kind::shifted, b->number, a)
                                                                 : kUnknown;
  }
  static Value tested(const Value& a, const Value& b) {
    if (b->kind == Kind::constant && is_load(a)) return make(Kind::test, b->number, a);
    if (a == b && is_load(a)) return make(Kind::test, -1, a);
    return kUnknown;
  }

  const ElfImage& image_;
  ZydisDecoder decoder_;
  std::vector<Machine> pending_;
  std::vector<CodePath> paths_;
};

}  // namespace

bool is_load(const Value& value) { return value && value->kind == Kind::load; }

std::string describe(const Value& value) {
  if (!value) return "nothing";
  const auto shifted_base = [&] {
    return value->displacement ? fmt::format("{} + {:#x}", describe(value->base), value->displacement)
                               : describe(value->base);
  };
  switch (value->kind) {
    case Kind::unknown: return "?";
    case Kind::constant: return fmt::format("{:#x}", value->number);
    case Kind::argument: return cat("argument ", value->number);
    case Kind::thread_pointer: return "fs";
    case Kind::tls_address: return fmt::format("tls({:#x})", value->number);
    case Kind::tls_descriptor: return fmt::format("tlsdesc({:#x})", value->number);
    case Kind::load: return cat("*(", shifted_base(), ")");
    case Kind::sum: return shifted_base();
    case Kind::masked: return fmt::format("({} & {:#x})", describe(value->base), value->number);
    case Kind::shifted: return fmt::format("({} >> {})", describe(value->base), value->number);
    case Kind::test: return fmt::format("({} & {:#x} != 0)", describe(value->base), value->number);
    case Kind::indexed: return cat("fs + ", describe(value->base));
  }
  return "?";
}

std::vector<CodePath> interpret_function(const ElfImage& image, std::string_view function) {
  const std::optional<ElfSymbol> symbol = image.find_symbol(function);
  if (!symbol || symbol->address == 0) return {};
  return Interpreter(image).run(symbol->address);
}

}  // namespace redbee::profiler
