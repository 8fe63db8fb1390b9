// FrontEnd: clang, from the user's text to an unoptimised LLVM module and the facts of its syntax
// tree. It stays alive through the whole compile, because later stages report at the user's lines.
#pragma once

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <memory>
#include <string>

#include "src/cc/facts.h"
#include "src/cc/kernel_target.h"
#include "src/cc/options.h"

namespace clang {
class CompilerInstance;
class EmitLLVMOnlyAction;
}  // namespace clang

namespace redbee::cc {

class TypeSource;

class FrontEnd {
 public:
  FrontEnd(const Options& options, KernelTarget& target, std::string text);
  ~FrontEnd();

  // Null after an error, which has been printed.
  std::unique_ptr<llvm::Module> parse(llvm::LLVMContext& context, Facts& facts);
  // At a line and column of the user's text; line 0: about the text as a whole.
  void error(unsigned line, unsigned column, const std::string& message);
  void warning(unsigned line, unsigned column, const std::string& message);
  bool has_errors() const;
  const std::string& text() const { return text_; }
  const std::string& name() const { return options_.name; }

 private:
  void report(bool is_error, unsigned line, unsigned column, const std::string& message);
  std::string prelude() const;

  const Options& options_;
  KernelTarget& target_;
  std::string text_;
  std::unique_ptr<clang::CompilerInstance> compiler_;
  std::unique_ptr<clang::EmitLLVMOnlyAction> action_;
};

}  // namespace redbee::cc
