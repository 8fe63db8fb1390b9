#include "src/cc/program_module.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfoMetadata.h>

namespace redbee::cc {

llvm::CallInst* call_helper(llvm::IRBuilder<>& builder,
                            unsigned number,
                            llvm::Type* result,
                            llvm::ArrayRef<llvm::Value*> arguments) {
  std::vector<llvm::Type*> types;
  for (llvm::Value* argument : arguments) types.push_back(argument->getType());
  llvm::Constant* callee =
      llvm::ConstantExpr::getIntToPtr(builder.getInt64(number), builder.getPtrTy());
  return builder.CreateCall(llvm::FunctionType::get(result, types, false), callee, arguments);
}

unsigned helper_number(const llvm::CallBase& call) {
  const auto* expression = llvm::dyn_cast<llvm::ConstantExpr>(call.getCalledOperand());
  if (!expression || expression->getOpcode() != llvm::Instruction::IntToPtr) return 0;
  const auto* number = llvm::dyn_cast<llvm::ConstantInt>(expression->getOperand(0));
  return number ? static_cast<unsigned>(number->getZExtValue()) : 0;
}

namespace {

struct Place {
  unsigned line = 0, column = 0;
};

Place place_of(FrontEnd& front, const llvm::Instruction& at) {
  for (const llvm::DILocation* where = at.getDebugLoc(); where; where = where->getInlinedAt())
    if (where->getFilename() == front.name() && where->getLine())
      return {where->getLine(), where->getColumn()};
  return {};
}

}  // namespace

void report_at(FrontEnd& front, const llvm::Instruction& at, const std::string& message) {
  const Place place = place_of(front, at);
  front.error(place.line, place.column, message);
}

void warn_at(FrontEnd& front, const llvm::Instruction& at, const std::string& message) {
  const Place place = place_of(front, at);
  front.warning(place.line, place.column, message);
}

}  // namespace redbee::cc
