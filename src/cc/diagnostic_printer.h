// Prints clang's diagnostics and ours alike: NAME:LINE:COLUMN: error: TEXT, the line, a caret. What
// happens inside a macro of the dialect is shown where the user wrote the macro.
#pragma once

#include <clang/Basic/Diagnostic.h>
#include <clang/Frontend/TextDiagnostic.h>

#include <memory>
#include <set>
#include <string>

namespace redbee::cc {

class DiagnosticPrinter : public clang::DiagnosticConsumer {
 public:
  explicit DiagnosticPrinter(clang::DiagnosticOptions& options) : options_(options) {}
  void BeginSourceFile(const clang::LangOptions& language, const clang::Preprocessor*) override;
  void HandleDiagnostic(clang::DiagnosticsEngine::Level level,
                        const clang::Diagnostic& info) override;

 private:
  bool is_noise(clang::DiagnosticsEngine::Level level,
                const clang::Diagnostic& info,
                const std::string& message);

  clang::DiagnosticOptions& options_;
  std::unique_ptr<clang::TextDiagnostic> text_;
  std::set<std::string> printed_;
  bool skips_notes_ = false;
};

}  // namespace redbee::cc
