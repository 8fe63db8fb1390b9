// What belongs to the object as a whole: its licence, globals that nothing uses, the text of each
// line for the verifier's log.
#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/InstIterator.h>

#include "src/base/text.h"
#include "src/cc/program_module.h"

namespace redbee::cc {
namespace {

llvm::GlobalVariable* find_license(llvm::Module& module) {
  for (llvm::GlobalVariable& global : module.globals())
    if (global.getSection() == "license") return &global;
  return nullptr;
}

void drop(llvm::Module& module, llvm::StringRef name) {
  if (llvm::GlobalVariable* global = module.getNamedGlobal(name))
    if (global->use_empty()) global->eraseFromParent();
}

}  // namespace

void finish_globals(ProgramModule& program) {
  llvm::Module& module = program.module;
  if (const llvm::GlobalVariable* license = find_license(module)) {
    if (const auto* text = llvm::dyn_cast<llvm::ConstantDataArray>(license->getInitializer()))
      if (text->isCString()) program.facts.license = text->getAsCString().str();
  } else {
    llvm::Constant* text =
        llvm::ConstantDataArray::getString(module.getContext(), program.facts.license);
    auto* added = new llvm::GlobalVariable(module, text->getType(), false,
                                           llvm::GlobalValue::ExternalLinkage, text, "_license");
    added->setSection("license");
  }
  drop(module, "redbee_syscall_nr");
}

// BTF's line table quotes the source when the file node carries it; clang gives it only to the
// compile unit's.
void embed_source_lines(ProgramModule& program) {
  llvm::LLVMContext& context = program.module.getContext();
  llvm::DenseMap<llvm::DIFile*, llvm::DIFile*> replaced;
  auto with_source = [&](llvm::DIScope* scope) {
    llvm::DIFile* file = scope ? scope->getFile() : nullptr;
    if (!file || file->getSource() || file->getFilename() != program.front.name()) return;
    llvm::DIFile*& made = replaced[file];
    if (!made)
      made = llvm::DIFile::get(context, file->getFilename(), file->getDirectory(), std::nullopt,
                               llvm::StringRef(program.front.text()));
    scope->replaceOperandWith(0, made);
  };
  llvm::SmallPtrSet<llvm::DIScope*, 32> seen;
  auto visit = [&](llvm::DIScope* scope) {
    for (; scope && seen.insert(scope).second; scope = scope->getScope()) {
      if (llvm::isa<llvm::DIFile>(scope)) break;
      if (llvm::isa<llvm::DILocalScope>(scope)) with_source(scope);
    }
  };
  for (llvm::Function& function : program.module) {
    visit(function.getSubprogram());
    for (llvm::Instruction& instruction : llvm::instructions(function))
      for (const llvm::DILocation* at = instruction.getDebugLoc(); at; at = at->getInlinedAt())
        visit(at->getScope());
  }
}

}  // namespace redbee::cc
