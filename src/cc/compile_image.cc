#include "src/cc/compile_image.h"

#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>

#include "src/cc/code_generator.h"
#include "src/cc/frontend.h"
#include "src/cc/program_module.h"

namespace redbee::cc {
namespace {

// What the back end cannot do comes out at the user's line too.
void report_to(FrontEnd& front, llvm::LLVMContext& context) {
  context.setDiagnosticHandlerCallBack(
      [](const llvm::DiagnosticInfo* info, void* to) {
        if (info->getSeverity() != llvm::DS_Error) return;
        std::string text;
        llvm::raw_string_ostream stream(text);
        unsigned line = 0;
        if (const auto* unsupported = llvm::dyn_cast<llvm::DiagnosticInfoUnsupported>(info)) {
          const llvm::Function& function = unsupported->getFunction();
          const llvm::StringRef program = function.getName().split('.').first;
          if (const auto* subprogram = function.getSubprogram()) line = subprogram->getLine();
          if (llvm::StringRef(unsupported->getMessage().str()).contains("stack limit"))
            stream << program << " needs more than the 512 bytes of stack that BPF has: move large "
                   << "variables into a per-CPU array";
          else
            stream << program << ": " << unsupported->getMessage();
        } else {
          llvm::DiagnosticPrinterRawOStream printer(stream);
          info->print(printer);
        }
        static_cast<FrontEnd*>(to)->error(line, 0, text);
      },
      &front);
}

}  // namespace

Result<std::optional<Image>> compile_image(const Options& options,
                                           KernelTarget& target,
                                           const UsdtBindings& usdt,
                                           std::string text) {
  FrontEnd front(options, target, std::move(text));
  Facts facts;
  facts.kernel_release = target.release();
  facts.kernel_build_id = target.build_id();
  auto& context = *new llvm::LLVMContext;  // lives as long as the process: freeing it costs time
  std::unique_ptr<llvm::Module> module = front.parse(context, facts);  // types, checks, facts
  if (!module) return std::optional<Image>();
  report_to(front, context);
  CodeGenerator generator;
  ProgramModule program{*module, front, target, facts, usdt, {}};

  lower_printk(program);         // bpf_trace_printk(format, …)
  lower_early_returns(program);  // lookup_or_init returns from its caller
  shape_entries(program);        // int NAME(ctx), parameters from registers, sections
  generator.simplify(*module);   // everything inlined, addresses in plain sight
  if (!front.has_errors()) expand_usdt_variants(program);  // arguments from where the notes say
  if (!front.has_errors()) make_twins(program);            // fentry, fexit, raw system calls
  if (!front.has_errors()) probe_external_pointers(program);
  if (!front.has_errors()) check_calls(program);
  finish_globals(program);      // licence, unused globals
  embed_source_lines(program);  // the user's lines in the verifier's log
  if (front.has_errors()) {
    (void)module.release();
    return std::optional<Image>();
  }
  Image image;
  image.bytes = TRY(generator.emit(*module, to_json(facts)));
  if (front.has_errors()) return std::optional<Image>();
  image.facts = std::move(facts);
  (void)module.release();  // as the context
  return std::optional<Image>(std::move(image));
}

}  // namespace redbee::cc
