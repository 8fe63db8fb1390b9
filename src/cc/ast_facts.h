// AstFacts: what the syntax tree tells that the object will not: tables with their types, events
// with the struct behind them, types as the user wrote them.
#pragma once

#include <clang/AST/ASTContext.h>
#include <clang/AST/Decl.h>
#include <llvm/ADT/DenseMap.h>

#include <string>
#include <vector>

#include "src/cc/facts.h"

namespace redbee::cc {

class AstFacts {
 public:
  AstFacts(clang::ASTContext& context, Facts& facts) : context_(context), facts_(facts) {}

  // Index of the type in Facts::types, added when new; -1 for what has no size (void, functions).
  int type_index(clang::QualType type);
  const MapFacts& add_table(const clang::VarDecl* table, const clang::AnnotateAttr* annotation);
  void add_event(const std::string& map, const clang::Expr* data);
  const MapFacts* find_map(llvm::StringRef name) const;

 private:
  TypeFacts describe(clang::QualType type);
  void describe_record(const clang::RecordDecl* record, TypeFacts& out);
  void add_fields(const clang::RecordDecl* record, uint64_t base_bits, TypeFacts& out);

  clang::ASTContext& context_;
  Facts& facts_;
  llvm::DenseMap<void*, int> indexes_;  // by opaque unqualified type
};

}  // namespace redbee::cc
