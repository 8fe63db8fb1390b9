#include "src/cc/code_generator.h"

#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/ObjCopy/CommonConfig.h>
#include <llvm/ObjCopy/ConfigManager.h>
#include <llvm/ObjCopy/ObjCopy.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/SmallVectorMemoryBuffer.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/ADCE.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

extern "C" {
void LLVMInitializeBPFTarget();
void LLVMInitializeBPFTargetInfo();
void LLVMInitializeBPFTargetMC();
void LLVMInitializeBPFAsmPrinter();
void LLVMInitializeBPFAsmParser();
}

namespace redbee::cc {
namespace {

// The analyses that passes share, wired together as LLVM wants them.
struct Passes {
  explicit Passes(llvm::TargetMachine& machine) : builder(&machine) {
    machine.registerPassBuilderCallbacks(builder);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(graphs);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, graphs, modules);
  }
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder;
};

llvm::FunctionPassManager scalar_passes(bool is_last) {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  passes.addPass(llvm::EarlyCSEPass(true));
  passes.addPass(llvm::InstCombinePass());
  if (!is_last) return passes;
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  passes.addPass(llvm::EarlyCSEPass(true));
  passes.addPass(llvm::ADCEPass());
  return passes;
}

// Version 2 of the instruction set loads on every kernel with BTF. An atomic operation whose result
// is used needs version 3 (Linux 5.12).
const char* instruction_set(llvm::Module& module) {
  for (llvm::Function& function : module)
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      const bool is_exchange = llvm::isa<llvm::AtomicCmpXchgInst>(instruction);
      const auto* atomic = llvm::dyn_cast<llvm::AtomicRMWInst>(&instruction);
      if (is_exchange ||
          (atomic && (!atomic->use_empty() || atomic->getOperation() != llvm::AtomicRMWInst::Add)))
        return "v3";
    }
  return "v2";
}

Error llvm_error(const char* what, llvm::Error error) {
  return Error{
      Errc::compile_failed, std::string(what) + ": " + llvm::toString(std::move(error)), 0, {}};
}

}  // namespace

CodeGenerator::CodeGenerator() {
  LLVMInitializeBPFTarget();
  LLVMInitializeBPFTargetInfo();
  LLVMInitializeBPFTargetMC();
  LLVMInitializeBPFAsmPrinter();
  LLVMInitializeBPFAsmParser();
}
CodeGenerator::~CodeGenerator() = default;

void CodeGenerator::simplify(llvm::Module& module) {
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget("bpf", error);
  machine_.reset(target->createTargetMachine("bpf", instruction_set(module), "", {},
                                             llvm::Reloc::PIC_, std::nullopt,
                                             llvm::CodeGenOptLevel::Default));
  Passes passes(*machine_);
  llvm::ModulePassManager stages;
  stages.addPass(llvm::createModuleToFunctionPassAdaptor(scalar_passes(false)));
  stages.addPass(llvm::AlwaysInlinerPass(false));
  stages.addPass(llvm::createModuleToFunctionPassAdaptor(scalar_passes(true)));
  stages.run(module, passes.modules);
}

Result<std::string> CodeGenerator::emit(llvm::Module& module, const std::string& facts) {
  {
    Passes passes(*machine_);
    passes.builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2)
        .run(module, passes.modules);
  }
  llvm::SmallVector<char, 0> object;
  {
    llvm::raw_svector_ostream out(object);
    llvm::legacy::PassManager passes;
    if (machine_->addPassesToEmitFile(passes, out, nullptr, llvm::CodeGenFileType::ObjectFile))
      return fail(Errc::compile_failed, "the BPF back end cannot write objects");
    passes.run(module);
  }
  const auto buffer =
      llvm::MemoryBuffer::getMemBuffer(llvm::StringRef(object.data(), object.size()), "", false);
  auto parsed = llvm::object::ObjectFile::createObjectFile(buffer->getMemBufferRef());
  if (!parsed) return fail(llvm_error("read back the object", parsed.takeError()));
  llvm::objcopy::ConfigManager config;
  config.Common.StripDebug = true;
  llvm::objcopy::NewSectionInfo section;
  section.SectionName = ".redbee.facts";
  section.SectionData = llvm::MemoryBuffer::getMemBuffer(facts, "", false);
  config.Common.AddSection.push_back(section);
  llvm::SmallVector<char, 0> image;
  llvm::raw_svector_ostream out(image);
  if (auto error = llvm::objcopy::executeObjcopyOnBinary(config, **parsed, out))
    return fail(llvm_error("add the facts to the object", std::move(error)));
  return std::string(image.data(), image.size());
}

}  // namespace redbee::cc
