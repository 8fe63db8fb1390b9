#include "src/cc/diagnostic_printer.h"

#include <clang/Basic/SourceManager.h>
#include <llvm/Support/raw_ostream.h>

#include "src/base/text.h"
#include "src/cc/source_files.h"

namespace redbee::cc {

void DiagnosticPrinter::BeginSourceFile(const clang::LangOptions& language,
                                        const clang::Preprocessor*) {
  text_ = std::make_unique<clang::TextDiagnostic>(llvm::errs(), language, &options_);
}

void DiagnosticPrinter::HandleDiagnostic(clang::DiagnosticsEngine::Level level,
                                         const clang::Diagnostic& info) {
  llvm::SmallString<200> message;
  info.FormatDiagnostic(message);
  if (is_noise(level, info, message.str().str())) return;
  if (message.starts_with("incomplete definition of type"))
    message += ": neither this text nor the kernel's BTF has it; a module that is not loaded may";
  DiagnosticConsumer::HandleDiagnostic(level, info);
  if (!text_ || !info.hasSourceManager() || info.getLocation().isInvalid()) {
    const char* word = level == clang::DiagnosticsEngine::Warning ? "warning" : "error";
    llvm::errs() << "redbee-cc: " << word << ": " << message << "\n";
    return;
  }
  clang::SourceManager& sources = info.getSourceManager();
  llvm::SmallVector<clang::CharSourceRange, 4> ranges;
  for (const clang::CharSourceRange& range : info.getRanges())
    if (range.isValid() && !range.getBegin().isMacroID() && !range.getEnd().isMacroID())
      ranges.push_back(range);
  const clang::FullSourceLoc at(sources.getExpansionLoc(info.getLocation()), sources);
  text_->emitDiagnostic(at, level, message, ranges, {});
}

bool DiagnosticPrinter::is_noise(clang::DiagnosticsEngine::Level level,
                                 const clang::Diagnostic& info,
                                 const std::string& message) {
  std::string where;
  if (level == clang::DiagnosticsEngine::Note && info.getLocation().isInvalid()) return true;
  if (info.hasSourceManager() && info.getLocation().isValid()) {
    const clang::SourceManager& sources = info.getSourceManager();
    const clang::SourceLocation at = sources.getExpansionLoc(info.getLocation());
    if (level == clang::DiagnosticsEngine::Note &&
        (skips_notes_ || info.getLocation().isMacroID() || sources.getFilename(at) == kPreludePath))
      return true;
    where = at.printToString(sources);
  }
  // A function may be compiled several times (for several attachments); once said is enough.
  const bool is_repeated = !printed_.insert(cat(where, message)).second;
  // Already refused as "no tracepoint …".
  const bool is_consequence =
      message.find("incomplete definition of type 'struct tracepoint__") == 0;
  skips_notes_ = is_repeated || is_consequence;
  return skips_notes_;
}

}  // namespace redbee::cc
