// bpf_usdt_readarg and bpf_usdt_readarg_p: the argument is read from where the probe's note says it
// is. A probe with several locations may say it differently in each; every distinct description
// makes one program, a clone of the function.
#include <llvm/IR/InstIterator.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include "src/base/text.h"
#include "src/cc/program_module.h"

namespace redbee::cc {
namespace {

constexpr unsigned kProbeReadUser = 112;

std::vector<llvm::CallInst*> readers_in(llvm::Function& function) {
  std::vector<llvm::CallInst*> readers;
  for (llvm::Instruction& instruction : llvm::instructions(function))
    if (auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction))
      if (call->getCalledFunction() &&
          call->getCalledFunction()->getName().starts_with("redbee_usdt_readarg"))
        readers.push_back(call);
  return readers;
}

class OperandReader {
 public:
  OperandReader(llvm::IRBuilder<>& builder, llvm::Function& function)
      : builder_(builder), function_(function) {}

  // The argument as a 64-bit word, extended as its size says.
  llvm::Value* read(const UsdtOperand& operand) {
    switch (operand.kind) {
      case UsdtOperand::Kind::floating:
        return builder_.getInt64(0);
      case UsdtOperand::Kind::constant:
        return extend(builder_.getInt64(static_cast<uint64_t>(operand.value)), operand);
      case UsdtOperand::Kind::reg:
        return extend(builder_.CreateLShr(reg(operand.base), operand.base_shift), operand);
      case UsdtOperand::Kind::memory:
        return extend(memory(operand), operand);
    }
    return builder_.getInt64(0);
  }

 private:
  llvm::Value* reg(int offset) {
    return builder_.CreateLoad(
        builder_.getInt64Ty(),
        builder_.CreateConstInBoundsGEP1_64(builder_.getInt8Ty(), function_.getArg(0), offset));
  }
  llvm::Value* extend(llvm::Value* word, const UsdtOperand& operand) {
    llvm::Type* narrow = builder_.getIntNTy(operand.size * 8);
    llvm::Value* value = builder_.CreateTrunc(word, narrow);
    return operand.is_signed ? builder_.CreateSExt(value, builder_.getInt64Ty())
                             : builder_.CreateZExt(value, builder_.getInt64Ty());
  }
  llvm::Value* memory(const UsdtOperand& operand) {
    llvm::Value* address = builder_.getInt64(static_cast<uint64_t>(operand.value));
    if (operand.base >= 0) address = builder_.CreateAdd(address, reg(operand.base));
    if (operand.index >= 0)
      address = builder_.CreateAdd(
          address, builder_.CreateMul(reg(operand.index), builder_.getInt64(operand.scale)));
    llvm::IRBuilder<> entry(&*function_.getEntryBlock().begin());
    llvm::AllocaInst* slot = entry.CreateAlloca(builder_.getInt64Ty());
    builder_.CreateStore(builder_.getInt64(0), slot);
    call_helper(builder_, kProbeReadUser, builder_.getInt64Ty(),
                {slot, builder_.getInt32(operand.size),
                 builder_.CreateIntToPtr(address, builder_.getPtrTy())});
    return builder_.CreateLoad(builder_.getInt64Ty(), slot);
  }

  llvm::IRBuilder<>& builder_;
  llvm::Function& function_;
};

// readarg(n, ctx, to, size) stores the value; readarg_p(n, ctx, to, size) copies what it points to.
void lower_reader(ProgramModule& program,
                  llvm::CallInst& call,
                  const std::string& function,
                  const UsdtVariant& variant) {
  const bool is_pointer = call.getCalledFunction()->getName().ends_with("_p");
  const auto* number = llvm::dyn_cast<llvm::ConstantInt>(call.getArgOperand(0));
  if (!number) {
    report_at(program.front, call, "the number of a USDT argument must be a constant");
    return;
  }
  const uint64_t index = number->getZExtValue();
  if (index < 1 || index > variant.size()) {
    report_at(program.front, call,
              cat("the probe bound to ", function, " has ", variant.size(),
                  variant.size() == 1 ? " argument" : " arguments", ", not ", index));
    return;
  }
  llvm::IRBuilder<> builder(&call);
  OperandReader reader(builder, *call.getFunction());
  llvm::Value* value = reader.read(variant[index - 1]);
  llvm::Value* to = call.getArgOperand(2);
  llvm::Value* result = builder.getInt64(0);
  if (is_pointer) {
    result = call_helper(builder, kProbeReadUser, builder.getInt64Ty(),
                         {to, builder.CreateTrunc(call.getArgOperand(3), builder.getInt32Ty()),
                          builder.CreateIntToPtr(value, builder.getPtrTy())});
  } else {
    const auto* size = llvm::dyn_cast<llvm::ConstantInt>(call.getArgOperand(3));
    const uint64_t bytes = size ? size->getZExtValue() : 8;
    if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) {
      report_at(program.front, call, "bpf_usdt_readarg fills a number of 1, 2, 4 or 8 bytes");
      return;
    }
    builder.CreateStore(builder.CreateTrunc(value, builder.getIntNTy(bytes * 8)), to);
  }
  call.replaceAllUsesWith(builder.CreateTrunc(result, call.getType()));
}

void lower_readers(ProgramModule& program,
                   llvm::Function& function,
                   const std::string& name,
                   const UsdtVariant& variant) {
  for (llvm::CallInst* call : readers_in(function)) {
    lower_reader(program, *call, name, variant);
    if (program.front.has_errors()) return;
    call->eraseFromParent();
  }
}

// A text may hold handlers of probes that this run does not enable. They compile, and reading an
// argument in them fails at run time.
void lower_unbound(ProgramModule& program,
                   const std::vector<llvm::CallInst*>& readers,
                   const std::string& name) {
  warn_at(program.front, *readers[0],
          cat("no USDT probe is bound to ", name, ": its arguments read as zero"));
  for (llvm::CallInst* call : readers) {
    llvm::IRBuilder<> builder(call);
    const auto* size = llvm::dyn_cast<llvm::ConstantInt>(call->getArgOperand(3));
    if (size && size->getZExtValue() <= 256)
      builder.CreateMemSet(call->getArgOperand(2), builder.getInt8(0), size->getZExtValue(),
                           llvm::MaybeAlign());
    call->replaceAllUsesWith(llvm::ConstantInt::getSigned(call->getType(), -1));
    call->eraseFromParent();
  }
}

}  // namespace

void expand_usdt_variants(ProgramModule& program) {
  const std::vector<Entry> entries = program.entries;
  for (const Entry& entry : entries) {
    const std::string name = entry.function->getName().str();
    const UsdtBinding* binding = program.usdt.find(name);
    const std::vector<llvm::CallInst*> readers = readers_in(*entry.function);
    if (!binding) {
      if (!readers.empty()) lower_unbound(program, readers, name);
      continue;
    }
    ProgramFacts& facts = program.facts.programs[entry.program];
    facts.usdt.push_back({name, 0});
    const size_t count = readers.empty() ? 1 : binding->variants.size();
    for (unsigned variant = 1; variant < count; ++variant) {
      llvm::ValueToValueMapTy map;
      llvm::Function* clone = llvm::CloneFunction(entry.function, map);
      clone->setName(cat(name, ".", variant));
      lower_readers(program, *clone, name, binding->variants[variant]);
      program.entries.push_back({clone, entry.program, entry.context});
      facts.usdt.push_back({clone->getName().str(), variant});
    }
    lower_readers(program, *entry.function, name, binding->variants[0]);
  }
}

}  // namespace redbee::cc
