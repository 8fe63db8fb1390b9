// --disasm: instructions as the BPF back end prints them, under the source lines of BTF's line
// table.
#include <llvm/DebugInfo/BTF/BTFParser.h>
#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstPrinter.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Object/ObjectFile.h>

#include <map>

#include "src/base/text.h"
#include "src/cc/code_generator.h"

extern "C" void LLVMInitializeBPFDisassembler();

namespace redbee::cc {
namespace {

class Disassembler {
 public:
  explicit Disassembler(const llvm::object::ObjectFile& object) : object_(object) {
    std::string error;
    const llvm::Target* target = llvm::TargetRegistry::lookupTarget("bpf", error);
    registers_.reset(target->createMCRegInfo("bpf"));
    info_.reset(target->createMCAsmInfo(*registers_, "bpf", llvm::MCTargetOptions()));
    subtarget_.reset(target->createMCSubtargetInfo("bpf", "v3", ""));
    instructions_.reset(target->createMCInstrInfo());
    context_ = std::make_unique<llvm::MCContext>(llvm::Triple("bpf"), info_.get(), registers_.get(),
                                                 subtarget_.get());
    decoder_.reset(target->createMCDisassembler(*subtarget_, *context_));
    printer_.reset(
        target->createMCInstPrinter(llvm::Triple("bpf"), 0, *info_, *instructions_, *registers_));
    llvm::BTFParser::ParseOptions options;
    options.LoadLines = true;
    if (auto failure = btf_.parse(object, options)) llvm::consumeError(std::move(failure));
  }

  std::string run() {
    for (const llvm::object::SectionRef& section : object_.sections())
      if (section.isText() && section.getSize()) print_section(section);
    return std::move(out_);
  }

 private:
  void print_section(const llvm::object::SectionRef& section) {
    std::map<uint64_t, std::string> names, relocations;
    for (const llvm::object::SymbolRef& symbol : object_.symbols()) {
      if (llvm::cantFail(symbol.getType()) != llvm::object::SymbolRef::ST_Function) continue;
      if (*llvm::cantFail(symbol.getSection()) != section) continue;
      names[llvm::cantFail(symbol.getAddress())] = llvm::cantFail(symbol.getName()).str();
    }
    for (const llvm::object::SectionRef& other : object_.sections()) {
      const auto target = llvm::cantFail(other.getRelocatedSection());
      if (target == object_.section_end() || *target != section) continue;
      for (const llvm::object::RelocationRef& relocation : other.relocations())
        if (relocation.getSymbol() != object_.symbol_end())
          relocations[relocation.getOffset()] =
              llvm::cantFail(relocation.getSymbol()->getName()).str();
    }
    const llvm::StringRef bytes = llvm::cantFail(section.getContents());
    const llvm::ArrayRef<uint8_t> data(bytes.bytes_begin(), bytes.size());
    uint64_t start = 0;
    for (uint64_t at = 0; at < data.size();) {
      if (const auto name = names.find(at); name != names.end()) {
        start = at;
        out_ += cat(out_.empty() ? "" : "\n", name->second, ": ",
                    llvm::cantFail(section.getName()).str(), "\n");
      }
      print_line({at, section.getIndex()});
      llvm::MCInst instruction;
      uint64_t size = 8;
      std::string text;
      llvm::raw_string_ostream stream(text);
      if (decoder_->getInstruction(instruction, size, data.slice(at), at, llvm::nulls()) ==
          llvm::MCDisassembler::Success)
        printer_->printInst(&instruction, at, "", *subtarget_, stream);
      else
        stream << "(unknown)";
      const auto relocation = relocations.find(at);
      out_ += cat("  ", (at - start) / 8, ":", text,
                  relocation == relocations.end() ? "" : cat("  # ", relocation->second), "\n");
      at += size ? size : 8;
    }
  }

  void print_line(llvm::object::SectionedAddress at) {
    const llvm::BTF::BPFLineInfo* line = btf_.findLineInfo(at);
    if (!line || line->InsnOffset != at.Address) return;
    const std::string_view source = trim({btf_.findString(line->LineOff)});
    if (source.empty()) return;  // a line of the prelude
    const std::string text = cat("; ", line->getLine(), ": ", source, "\n");
    if (text == last_line_) return;
    last_line_ = text;
    out_ += text;
  }

  const llvm::object::ObjectFile& object_;
  llvm::BTFParser btf_;
  std::unique_ptr<llvm::MCRegisterInfo> registers_;
  std::unique_ptr<llvm::MCAsmInfo> info_;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget_;
  std::unique_ptr<llvm::MCInstrInfo> instructions_;
  std::unique_ptr<llvm::MCContext> context_;
  std::unique_ptr<llvm::MCDisassembler> decoder_;
  std::unique_ptr<llvm::MCInstPrinter> printer_;
  std::string out_, last_line_;
};

}  // namespace

Result<std::string> disassemble(const std::string& object) {
  LLVMInitializeBPFDisassembler();
  auto parsed = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, ""));
  if (!parsed) return fail(Errc::compile_failed, llvm::toString(parsed.takeError()));
  return Disassembler(**parsed).run();
}

}  // namespace redbee::cc
