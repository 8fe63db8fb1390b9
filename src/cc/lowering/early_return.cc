// table.lookup_or_init(&key, &zero) returns 0 from the function that calls it when there is no room
// for the key. The prelude marks the function; here each call gets its test and return.
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include "src/cc/program_module.h"

namespace redbee::cc {

void lower_early_returns(ProgramModule& program) {
  std::vector<llvm::CallInst*> calls;
  for (llvm::Function& function : program.module)
    for (llvm::Instruction& instruction : llvm::instructions(function))
      if (auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction))
        if (call->getCalledFunction() &&
            call->getCalledFunction()->getName().starts_with("redbee.or_return."))
          calls.push_back(call);
  for (llvm::CallInst* call : calls) {
    llvm::IRBuilder<> builder(call->getNextNode());
    builder.SetCurrentDebugLocation(call->getDebugLoc());
    auto* is_null = llvm::cast<llvm::Instruction>(builder.CreateIsNull(call));
    llvm::Instruction* leave =
        llvm::SplitBlockAndInsertIfThen(is_null, is_null->getNextNode(), true);
    llvm::Type* type = call->getFunction()->getReturnType();
    llvm::IRBuilder<> leaving(leave);
    leaving.SetCurrentDebugLocation(call->getDebugLoc());
    if (type->isVoidTy())
      leaving.CreateRetVoid();
    else
      leaving.CreateRet(llvm::Constant::getNullValue(type));
    leave->eraseFromParent();
  }
}

}  // namespace redbee::cc
