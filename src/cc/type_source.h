// TypeSource: the kernel's types, made into clang's as the user's text names them. Nothing is
// printed to a header and parsed again: a name that clang cannot find is looked up in BTF, a struct
// gets its fields when something needs it complete, and its layout is the one BTF states.
//
// A name the user defines wins: this source is asked last, and never when the text declares.
#pragma once

#include <clang/AST/ASTContext.h>
#include <clang/Sema/ExternalSemaSource.h>
#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/StringMap.h>

#include <set>
#include <string>

#include "src/cc/facts.h"
#include "src/cc/kernel_target.h"
#include "src/cc/tracefs_format.h"
#include "src/kernel/btf.h"

namespace redbee::cc {

class TypeSource : public clang::ExternalSemaSource {
 public:
  explicit TypeSource(KernelTarget& target) : target_(target) {}
  // Once the context has its builtin types and before anything is parsed.
  void use(clang::ASTContext& context) { context_ = &context; }

  bool LookupUnqualified(clang::LookupResult& result, clang::Scope* scope) override;
  void CompleteType(clang::TagDecl* tag) override;
  bool layoutRecordType(const clang::RecordDecl* record,
                        uint64_t& size,
                        uint64_t& alignment,
                        llvm::DenseMap<const clang::FieldDecl*, uint64_t>& offsets,
                        llvm::DenseMap<const clang::CXXRecordDecl*, clang::CharUnits>&,
                        llvm::DenseMap<const clang::CXXRecordDecl*, clang::CharUnits>&) override;

  // `struct rq;` in the text means the kernel's rq; `struct rq {…};` does not any more.
  void adopt_declaration(clang::RecordDecl* record);
  // The clang type of a BTF type of the vmlinux blob.
  clang::QualType type_of(const Btf& btf, uint32_t id);
  // From words as a tracepoint format has them: "const struct request *"; null when unknown.
  clang::QualType type_of_words(llvm::StringRef words);

  const std::vector<TracepointFacts>& tracepoints() const { return tracepoints_; }
  const std::set<std::string>& modules() const { return modules_; }

 private:
  struct Layout {
    uint64_t bits = 0;
    std::vector<std::pair<clang::FieldDecl*, uint64_t>> offsets;
  };
  using Key = std::pair<const Btf*, uint32_t>;

  clang::QualType make(const Btf& btf, uint32_t id);
  clang::QualType make_int(const Btf& btf, const btf_type* type);
  clang::QualType make_function(const Btf& btf, const btf_type* type);
  clang::QualType make_record(const Btf& btf, uint32_t id);
  clang::EnumDecl* make_enum(const Btf& btf, uint32_t id);
  clang::NamedDecl* find_tag(llvm::StringRef name, bool search_modules);
  void report_missing_tracepoint(llvm::StringRef tag, clang::SourceLocation at);
  clang::NamedDecl* find_ordinary(llvm::StringRef name, bool search_modules);
  clang::RecordDecl* make_tracepoint(llvm::StringRef name);
  clang::QualType tracepoint_field_type(const FormatField& field);
  clang::QualType integer(uint64_t size, bool is_signed);
  clang::FieldDecl* add_field(clang::RecordDecl* record,
                              llvm::StringRef name,
                              clang::QualType type,
                              uint32_t bits,
                              uint64_t offset,
                              Layout& layout);
  void add_members(clang::RecordDecl* record, const Btf& btf, const btf_type* type);
  void add_indirect_fields(clang::RecordDecl* outer,
                           clang::RecordDecl* inner,
                           llvm::SmallVectorImpl<clang::NamedDecl*>& path);
  void add_aliases(clang::RecordDecl* record);
  const Btf* owner_of(const Btf& btf, uint32_t id) const;

  KernelTarget& target_;
  clang::ASTContext* context_ = nullptr;
  llvm::DenseMap<Key, clang::QualType> types_;
  llvm::DenseMap<Key, clang::EnumDecl*> enums_;
  llvm::DenseMap<const clang::RecordDecl*, Key> records_;
  llvm::DenseMap<const clang::RecordDecl*, Layout> layouts_;
  llvm::StringMap<clang::NamedDecl*> tags_, ordinaries_, enumerators_;
  std::vector<TracepointFacts> tracepoints_;
  std::set<std::string> modules_;
};

}  // namespace redbee::cc
