#include "profiler/discover/machine_code.h"

#include <array>

#include "profiler/discover/x86_instruction.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

using Kind = Expression::Kind;
using Operation = X86Instruction::Operation;
using OperandKind = X86Operand::Kind;

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

class Interpreter {
 public:
  explicit Interpreter(const ElfImage& image) : image_(image) {}

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
      const std::optional<X86Instruction> decoded = decode(machine.at);
      if (!decoded) return;
      const X86Instruction& step = *decoded;
      const uint64_t next = machine.at + step.length;
      const uint64_t here = machine.at;
      machine.at = next;
      switch (step.operation) {
        case Operation::ret:
          if (!machine.return_to.empty()) {
            machine.at = machine.return_to.back();
            machine.return_to.pop_back();
            continue;
          }
          paths_.push_back({machine.registers[0], machine.comparisons});
          return;
        case Operation::call:
          call(&machine, step, here);
          continue;
        case Operation::jump:
          if (!jump(&machine, step, here)) return;
          continue;
        case Operation::branch:
          branch(machine, step, here);
          continue;
        default:
          execute(&machine, step, here);
      }
    }
  }

  std::optional<X86Instruction> decode(uint64_t at) const { return decode_x86(image_.bytes_at(at, 16)); }

  static std::optional<uint64_t> direct_target(const X86Instruction& step, uint64_t at) {
    if (step.operands[0].kind != OperandKind::immediate) return std::nullopt;
    return at + step.length + step.operands[0].number;
  }

  // The GOT entry that an indirect call or jump goes through; 0: none.
  static uint64_t got_entry(const X86Instruction& step, uint64_t at) {
    const X86Operand& operand = step.operands[0];
    if (operand.kind != OperandKind::memory || !operand.is_rip) return 0;
    return at + step.length + operand.number;
  }

  // The imported function behind a PLT entry: its first jump leads through the GOT.
  std::string_view plt_target(uint64_t stub) const {
    for (int i = 0; i < 3; ++i) {
      const std::optional<X86Instruction> step = decode(stub);
      if (!step) return {};
      if (step->operation == Operation::jump) return image_.relocated_symbol(got_entry(*step, stub));
      if (step->operation != Operation::nothing) return {};
      stub += step->length;
    }
    return {};
  }

  void call(Machine* machine, const X86Instruction& step, uint64_t at) const {
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
  static bool is_descriptor_call(const Machine& machine, const X86Instruction& step) {
    const X86Operand& operand = step.operands[0];
    return operand.kind == OperandKind::memory && operand.base == 0 && !operand.is_rip &&
           machine.registers[0]->kind == Kind::constant;
  }

  bool jump(Machine* machine, const X86Instruction& step, uint64_t at) const {
    const std::optional<uint64_t> target = direct_target(step, at);
    if (!target) return false;
    machine->at = *target;
    return true;
  }

  void branch(const Machine& machine, const X86Instruction& step, uint64_t at) {
    const std::optional<uint64_t> target = direct_target(step, at);
    if (!target || static_cast<int>(pending_.size()) >= kMaxPaths) return;
    Machine taken = machine;
    taken.at = *target;
    pending_.push_back(std::move(taken));
  }

  static Value address(const Machine& machine, const X86Instruction& step, const X86Operand& memory, uint64_t at) {
    if (memory.kind != OperandKind::memory) return kUnknown;
    if (memory.is_rip) return make(Kind::constant, static_cast<int64_t>(at + step.length) + memory.number);
    Value value = make(Kind::constant, 0);
    if (memory.is_fs) {
      value = make(Kind::thread_pointer);
      if (memory.index >= 0) return kUnknown;
      if (memory.base < 0) return add(value, memory.number);
      const Value& offset = machine.registers[memory.base];
      if (offset->kind == Kind::constant) return add(value, offset->number + memory.number);
      // The offset itself was loaded from the GOT (initial-exec): keep where from.
      return is_load(offset) && memory.number == 0 ? make(Kind::indexed, 0, offset) : kUnknown;
    }
    if (memory.base >= 0) value = machine.registers[memory.base];
    if (memory.index >= 0) return kUnknown;
    return add(value, memory.number);
  }

  static Value read(const Machine& machine, const X86Instruction& step, int which, uint64_t at) {
    const X86Operand& operand = step.operands[which];
    switch (operand.kind) {
      case OperandKind::reg: return machine.registers[operand.reg];
      case OperandKind::immediate: return make(Kind::constant, operand.number);
      case OperandKind::memory: {
        const Value where = address(machine, step, operand, at);
        // %fs:0 holds the thread pointer itself.
        if (where->kind == Kind::thread_pointer) return where;
        return load(where, operand.bytes);
      }
      default: return kUnknown;
    }
  }

  static void write(Machine* machine, const X86Instruction& step, Value value) {
    const X86Operand& to = step.operands[0];
    if (to.kind == OperandKind::reg) machine->registers[to.reg] = std::move(value);
    else if (to.kind == OperandKind::opaque && to.reg >= 0) machine->registers[to.reg] = kUnknown;
  }

  static void execute(Machine* machine, const X86Instruction& step, uint64_t at) {
    const auto operand = [&](int which) { return read(*machine, step, which, at); };
    switch (step.operation) {
      case Operation::move: write(machine, step, operand(1)); return;
      case Operation::address: write(machine, step, address(*machine, step, step.operands[1], at)); return;
      case Operation::add: write(machine, step, sum(operand(0), operand(1))); return;
      case Operation::bit_and: write(machine, step, masked(operand(0), operand(1))); return;
      case Operation::shift_right: write(machine, step, shifted(operand(0), operand(1))); return;
      case Operation::exclusive_or: {
        const bool is_zero = step.operands[0].kind == OperandKind::reg && step.operands[1].kind == OperandKind::reg &&
                             step.operands[0].reg == step.operands[1].reg;
        write(machine, step, is_zero ? make(Kind::constant, 0) : kUnknown);
        return;
      }
      case Operation::test:
        machine->last_test = tested(operand(0), operand(1));
        machine->comparisons.push_back(machine->last_test);
        return;
      case Operation::set_if_not_zero: write(machine, step, machine->last_test); return;
      case Operation::push: machine->stack.push_back(operand(0)); return;
      case Operation::pop:
        write(machine, step, machine->stack.empty() ? kUnknown : machine->stack.back());
        if (!machine->stack.empty()) machine->stack.pop_back();
        return;
      case Operation::other:
        for (int i = 0; i < 16; ++i)
          if (step.changes >> i & 1) machine->registers[i] = kUnknown;
        return;
      default: return;
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
