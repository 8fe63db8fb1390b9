// Twins: the same function for another attachment. A kprobe program reads its probe's registers
// from struct pt_regs; fentry, fexit and the raw system call tracepoints have other contexts. Where
// a program's use of its context is understood in full, a clone reads the same values from there:
//
//   pt_regs read        .fentry        .fexit               .raw (sys_enter)   .rawret (sys_exit)
//   parameter i         ctx[i]         –                    first: ctx[0] ¹    –
//   return value        –              ctx[arguments]       –                  ctx[1]
//   anything else       no twin        no twin              no twin            no twin
//
// ¹ On x86-64 a system call's function gets the user's registers by pointer as its only parameter,
//   and that pointer is what the tracepoint carries first.
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <algorithm>
#include <iterator>

#include "src/base/text.h"
#include "src/cc/program_module.h"

namespace redbee::cc {
namespace {

struct ContextLoad {
  llvm::LoadInst* load;
  unsigned offset;
};
struct ContextUse {
  bool is_understood = true;
  std::vector<ContextLoad> loads;
};

// Helpers that take the context of any tracing program.
constexpr unsigned kContextHelpers[] = {25 /* perf_event_output */, 27 /* get_stackid */,
                                        67 /* get_stack */};

bool takes_any_context(const llvm::CallInst& call) {
  return std::find(std::begin(kContextHelpers), std::end(kContextHelpers), helper_number(call)) !=
         std::end(kContextHelpers);
}

ContextUse uses_of_context(llvm::Function& function) {
  ContextUse out;
  const llvm::DataLayout& layout = function.getParent()->getDataLayout();
  std::vector<std::pair<llvm::Value*, int64_t>> work{{function.getArg(0), 0}};
  while (!work.empty()) {
    const auto [value, offset] = work.back();
    work.pop_back();
    for (llvm::User* user : value->users()) {
      if (auto* element = llvm::dyn_cast<llvm::GetElementPtrInst>(user)) {
        llvm::APInt step(64, 0);
        if (element->accumulateConstantOffset(layout, step))
          work.emplace_back(element, offset + step.getSExtValue());
        else
          out.is_understood = false;
      } else if (auto* load = llvm::dyn_cast<llvm::LoadInst>(user)) {
        out.loads.push_back({load, static_cast<unsigned>(offset)});
        out.is_understood &= load->getType()->isSingleValueType() &&
                             offset % 8 + layout.getTypeStoreSize(load->getType()) <= 8;
      } else if (auto* call = llvm::dyn_cast<llvm::CallInst>(user)) {
        out.is_understood &= offset == 0 && takes_any_context(*call);
      } else {
        out.is_understood = false;
      }
    }
  }
  return out;
}

std::optional<unsigned> parameter_at(unsigned offset) {
  for (unsigned i = 0; i < std::size(pt_regs::kParameters); ++i)
    if (offset / 8 * 8 == pt_regs::kParameters[i]) return i;
  return std::nullopt;
}
bool is_return_value(unsigned offset) {
  return offset / 8 * 8 == pt_regs::kAx;
}

llvm::Value* context_word(llvm::IRBuilder<>& builder, llvm::Function& function, unsigned index) {
  return builder.CreateLoad(
      builder.getInt64Ty(),
      builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), function.getArg(0), index * 8));
}

// Replaces a load of part of a register by the same part of `word`.
void replace(ContextLoad at, llvm::Value* word) {
  llvm::IRBuilder<> builder(at.load);
  llvm::Value* shifted = builder.CreateLShr(word, at.offset % 8 * 8);
  llvm::Type* type = at.load->getType();
  llvm::Value* value = type->isPointerTy() ? builder.CreateIntToPtr(shifted, type)
                                           : builder.CreateTrunc(shifted, type);
  at.load->replaceAllUsesWith(value);
  at.load->eraseFromParent();
}

// The kernel wants 0 of fentry and fexit programs; it never looked at what a kprobe's returns.
void return_zero(llvm::Function& function) {
  for (llvm::BasicBlock& block : function)
    if (auto* leave = llvm::dyn_cast<llvm::ReturnInst>(block.getTerminator()))
      leave->setOperand(0, llvm::Constant::getNullValue(function.getReturnType()));
}

class TwinMaker {
 public:
  TwinMaker(ProgramModule& program, const Entry& entry)
      : program_(program), entry_(entry), facts_(program.facts.programs[entry.program]) {}

  void make_all() {
    if (entry_.context != "pt_regs" && !entry_.context.empty()) return;
    const bool is_plain = facts_.kind.empty();
    if (!is_plain && facts_.kind != "kprobe" && facts_.kind != "kretprobe") return;
    if (!facts_.usdt.empty()) return;
    const ContextUse use = uses_of_context(*entry_.function);
    if (!use.is_understood) return;
    unsigned parameters = 0, others = 0;
    bool reads_return = false;
    for (const ContextLoad& each : use.loads) {
      if (const auto parameter = parameter_at(each.offset))
        parameters = std::max(parameters, *parameter + 1);
      else if (is_return_value(each.offset))
        reads_return = true;
      else
        ++others;
    }
    if (others) return;
    const bool may_enter = !reads_return && facts_.kind != "kretprobe";
    const bool may_return = parameters == 0 && facts_.kind != "kprobe";
    const bool is_syscall_shaped = llvm::StringRef(facts_.name).starts_with("syscall__");
    if (may_enter && !is_syscall_shaped && target_has(parameters)) make_fentry(parameters);
    if (may_return && target_has(0)) make_fexit();
    if (may_enter && parameters <= 1 && may_be_syscall()) make_raw();
    if (may_return && may_be_syscall()) make_rawret();
  }

 private:
  // Whether the target named by the program, if any, is a kernel function of enough parameters.
  bool target_has(unsigned parameters) const {
    if (facts_.target.empty()) return true;
    const auto count = target_parameters();
    return count && *count >= parameters;
  }
  std::optional<unsigned> target_parameters() const {
    const Btf& btf = program_.target.btf();
    const auto function = btf.find_function(facts_.target);
    return function ? btf.parameter_count(*function) : std::nullopt;
  }
  bool may_be_syscall() const {
    const llvm::StringRef target = facts_.target;
    if (target.empty()) return true;
    for (const char* prefix : {"sys_", "__x64_sys_", "__ia32_sys_", "SyS_"})
      if (target.starts_with(prefix)) return true;
    return false;
  }

  llvm::Function* clone(const char* suffix,
                        const std::string& section,
                        const char* kind,
                        int arguments) {
    llvm::ValueToValueMapTy map;
    llvm::Function* twin = llvm::CloneFunction(entry_.function, map);
    twin->setName(entry_.function->getName() + suffix);
    twin->setSection(section);
    facts_.twins.push_back({twin->getName().str(), kind, arguments});
    program_.entries.push_back({twin, entry_.program, entry_.context});
    return twin;
  }
  std::string section(const char* kind) const {
    return facts_.target.empty() ? kind : cat(kind, "/", facts_.target);
  }

  void make_fentry(unsigned parameters) {
    llvm::Function* twin =
        clone(".fentry", section("fentry"), "fentry", static_cast<int>(parameters));
    for (const ContextLoad& each : uses_of_context(*twin).loads) {
      llvm::IRBuilder<> builder(each.load);
      replace(each, context_word(builder, *twin, *parameter_at(each.offset)));
    }
    return_zero(*twin);
  }

  // The return value follows the parameters; for a target not known yet the kernel is asked for it
  // (bpf_get_func_ret, Linux 5.17).
  void make_fexit() {
    llvm::Function* twin = clone(".fexit", section("fexit"), "fexit", -1);
    const auto count = facts_.target.empty() ? std::nullopt : target_parameters();
    for (const ContextLoad& each : uses_of_context(*twin).loads) {
      llvm::IRBuilder<> builder(each.load);
      if (count) {
        replace(each, context_word(builder, *twin, *count));
        continue;
      }
      llvm::IRBuilder<> entry(&*twin->getEntryBlock().begin());
      llvm::AllocaInst* slot = entry.CreateAlloca(builder.getInt64Ty());
      builder.CreateStore(builder.getInt64(0), slot);
      call_helper(builder, helper::kGetFuncRet, builder.getInt64Ty(), {twin->getArg(0), slot});
      replace(each, builder.CreateLoad(builder.getInt64Ty(), slot));
    }
    return_zero(*twin);
  }

  void make_raw() {
    llvm::Function* twin = clone(".raw", "raw_tp/sys_enter", "raw_syscall", -1);
    for (const ContextLoad& each : uses_of_context(*twin).loads) {
      llvm::IRBuilder<> builder(each.load);
      replace(each, context_word(builder, *twin, 0));
    }
    guard(*twin, [&](llvm::IRBuilder<>& builder) {
      return builder.CreateTrunc(context_word(builder, *twin, 1), builder.getInt32Ty());
    });
  }

  void make_rawret() {
    llvm::Function* twin = clone(".rawret", "raw_tp/sys_exit", "raw_syscall_return", -1);
    for (const ContextLoad& each : uses_of_context(*twin).loads) {
      llvm::IRBuilder<> builder(each.load);
      replace(each, context_word(builder, *twin, 1));
    }
    guard(*twin, [&](llvm::IRBuilder<>& builder) {
      llvm::Value* registers =
          builder.CreateIntToPtr(context_word(builder, *twin, 0), builder.getPtrTy());
      llvm::Value* number = builder.CreateLoad(
          builder.getInt64Ty(),
          builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), registers, pt_regs::kOrigAx));
      return builder.CreateTrunc(number, builder.getInt32Ty());
    });
  }

  // Leaves at once when the system call is not the one the loader names in redbee_syscall_nr.
  template <typename Number>
  void guard(llvm::Function& twin, Number number) {
    llvm::BasicBlock& first = twin.getEntryBlock();
    llvm::BasicBlock* check = llvm::BasicBlock::Create(twin.getContext(), "", &twin, &first);
    llvm::BasicBlock* leave = llvm::BasicBlock::Create(twin.getContext(), "", &twin);
    llvm::IRBuilder<> builder(check);
    if (const llvm::DISubprogram* subprogram = twin.getSubprogram())
      builder.SetCurrentDebugLocation(
          llvm::DILocation::get(twin.getContext(), subprogram->getLine(), 0, twin.getSubprogram()));
    llvm::Value* wanted = builder.CreateLoad(
        builder.getInt32Ty(), program_.module.getNamedGlobal("redbee_syscall_nr"), true);
    builder.CreateCondBr(builder.CreateICmpEQ(number(builder), wanted), &first, leave);
    llvm::IRBuilder<>(leave).CreateRet(llvm::ConstantInt::get(twin.getReturnType(), 0));
    // Stack slots belong to the entry block.
    std::vector<llvm::AllocaInst*> slots;
    for (llvm::Instruction& instruction : first)
      if (auto* slot = llvm::dyn_cast<llvm::AllocaInst>(&instruction)) slots.push_back(slot);
    for (llvm::AllocaInst* slot : slots) slot->moveBefore(&*check->begin());
  }

  ProgramModule& program_;
  const Entry entry_;
  ProgramFacts& facts_;
};

}  // namespace

void make_twins(ProgramModule& program) {
  const std::vector<Entry> entries = program.entries;
  for (const Entry& entry : entries) TwinMaker(program, entry).make_all();
}

}  // namespace redbee::cc
