// LLVM's passes and the BPF back end, from a module to the bytes of an object.
#pragma once

#include <llvm/IR/Module.h>

#include <memory>
#include <string>

#include "redbee/result.h"

namespace llvm {
class TargetMachine;
}

namespace redbee::cc {

class CodeGenerator {
 public:
  CodeGenerator();
  ~CodeGenerator();

  // Inlines everything and brings loads and addresses into the simple forms later stages read.
  void simplify(llvm::Module& module);
  // Optimises and emits; `facts` becomes the section .redbee.facts, debug sections other than
  // BTF go.
  Result<std::string> emit(llvm::Module& module, const std::string& facts);

 private:
  std::unique_ptr<llvm::TargetMachine> machine_;
};

// The instructions of each program with their source lines.
Result<std::string> disassemble(const std::string& object);

}  // namespace redbee::cc
