// bpf_trace_printk in both forms: with a literal format, whose length is inserted, and as the
// kernel's helper has it, with the length given.
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/Instructions.h>

#include "src/cc/program_module.h"

namespace redbee::cc {
namespace {

// String literals are private globals; a `const char format[]` of the user's is not.
const llvm::GlobalVariable* literal_of(const llvm::Value* format) {
  const auto* global = llvm::dyn_cast<llvm::GlobalVariable>(llvm::getUnderlyingObject(format));
  return global && global->hasPrivateLinkage() && global->hasInitializer() ? global : nullptr;
}

// Variadic arguments are 32 or 64 bits wide by now; the helper takes words.
llvm::Value* as_word(llvm::IRBuilder<>& builder, llvm::Value* value) {
  if (value->getType()->isPointerTy()) return value;
  if (value->getType()->isIntegerTy())
    return builder.CreateZExtOrTrunc(value, builder.getInt64Ty());
  return builder.getInt64(0);
}

}  // namespace

void lower_printk(ProgramModule& program) {
  llvm::Function* printk = program.module.getFunction("bpf_trace_printk");
  if (!printk) return;
  for (llvm::User* user : llvm::make_early_inc_range(printk->users())) {
    auto* call = llvm::dyn_cast<llvm::CallInst>(user);
    if (!call) continue;
    llvm::IRBuilder<> builder(call);
    llvm::Value* format = call->getArgOperand(0);
    std::vector<llvm::Value*> arguments{format};
    unsigned first_value = 1;
    if (const auto* literal = literal_of(format)) {
      arguments.push_back(builder.getInt32(static_cast<uint32_t>(
          program.module.getDataLayout().getTypeAllocSize(literal->getValueType()))));
    } else if (call->arg_size() > 1) {
      arguments.push_back(builder.CreateZExtOrTrunc(call->getArgOperand(1), builder.getInt32Ty()));
      first_value = 2;
    } else {
      report_at(program.front, *call,
                "bpf_trace_printk needs the size of a format that is no literal");
      continue;
    }
    for (unsigned i = first_value; i < call->arg_size() && arguments.size() < 5; ++i)
      arguments.push_back(as_word(builder, call->getArgOperand(i)));
    llvm::Value* result =
        call_helper(builder, helper::kTracePrintk, builder.getInt64Ty(), arguments);
    call->replaceAllUsesWith(builder.CreateTrunc(result, call->getType()));
    call->eraseFromParent();
  }
}

}  // namespace redbee::cc
