#include "src/cc/type_check.h"

#include <clang/AST/RecordLayout.h>
#include <clang/Basic/TargetInfo.h>
#include <clang/Frontend/ASTUnit.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendActions.h>

#include <cstdio>

#include "src/cc/type_source.h"

namespace redbee::cc {
namespace {

class Checker {
 public:
  Checker(clang::ASTContext& context, TypeSource& types, const Btf& btf)
      : context_(context), types_(types), btf_(btf) {}

  bool run() {
    for (uint32_t id = btf_.first_id(); id < btf_.end_id(); ++id)
      if (Btf::is_record(btf_.type(id))) check(id);
    std::printf("%u structs and unions with %u members: %u disagreements\n", records_, members_,
                disagreements_);
    return disagreements_ == 0 && records_ > 0;
  }

 private:
  void check(uint32_t id) {
    const btf_type* type = btf_.type(id);
    clang::RecordDecl* record = types_.type_of(btf_, id)->getAsRecordDecl();
    types_.CompleteType(record);
    if (!record || !record->isCompleteDefinition()) return disagree(id, "is not complete", 0, 0);
    ++records_;
    const clang::ASTRecordLayout& layout = context_.getASTRecordLayout(record);
    if (layout.getSize().getQuantity() != type->size)
      disagree(id, "size", type->size, layout.getSize().getQuantity());
    unsigned index = 0;
    const auto members = Btf::members(type);
    for (const clang::FieldDecl* field : record->fields()) {
      if (index >= members.size()) return disagree(id, "members", members.size(), index + 1);
      check_member(id, type, members[index], *field, layout.getFieldOffset(index));
      ++index;
    }
    if (index != members.size()) disagree(id, "members", members.size(), index);
  }

  void check_member(uint32_t id,
                    const btf_type* record,
                    const btf_member& member,
                    const clang::FieldDecl& field,
                    uint64_t offset) {
    ++members_;
    if (offset != Btf::member_bit_offset(record, member))
      disagree(id, btf_.string(member.name_off), Btf::member_bit_offset(record, member), offset);
    if (field.getName() != btf_.string(member.name_off))
      disagree(id, btf_.string(member.name_off), 0, 1);
    if (field.isBitField()) {
      if (field.getBitWidthValue(context_) != Btf::member_bit_size(record, member))
        disagree(id, "bit width", Btf::member_bit_size(record, member),
                 field.getBitWidthValue(context_));
      return;
    }
    const auto size = btf_.size_of(member.type);
    const auto made = context_.getTypeSizeInChars(field.getType()).getQuantity();
    if (size && *size != static_cast<uint64_t>(made))
      disagree(id, btf_.string(member.name_off), *size, made);
  }

  void disagree(uint32_t id, const char* what, uint64_t stated, uint64_t made) {
    ++disagreements_;
    std::printf("type %u %s: %s: BTF states %llu, clang has %llu\n", id,
                std::string(btf_.name(id)).c_str(), what, static_cast<unsigned long long>(stated),
                static_cast<unsigned long long>(made));
  }

  clang::ASTContext& context_;
  TypeSource& types_;
  const Btf& btf_;
  unsigned records_ = 0, members_ = 0, disagreements_ = 0;
};

class CheckAction : public clang::ASTFrontendAction {
 public:
  explicit CheckAction(KernelTarget& target) : target_(target) {}
  bool is_good = false;

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance&,
                                                        llvm::StringRef) override {
    return std::make_unique<clang::ASTConsumer>();
  }
  void ExecuteAction() override {
    clang::ASTContext& context = getCompilerInstance().getASTContext();
    llvm::IntrusiveRefCntPtr<TypeSource> types(new TypeSource(target_));
    types->use(context);
    context.setExternalSource(types);
    is_good = Checker(context, *types, target_.btf()).run();
  }

 private:
  KernelTarget& target_;
};

}  // namespace

Result<bool> check_types(KernelTarget& target) {
  auto* compiler = new clang::CompilerInstance;
  compiler->createDiagnostics();
  clang::CompilerInvocation::CreateFromArgs(
      compiler->getInvocation(), {"-triple", "bpf", "-x", "c"}, compiler->getDiagnostics());
  compiler->getFrontendOpts().Inputs.clear();
  compiler->getFrontendOpts().Inputs.emplace_back(llvm::MemoryBufferRef("", "check"),
                                                  clang::InputKind(clang::Language::C));
  CheckAction action(target);
  if (!compiler->ExecuteAction(action)) return false;
  return action.is_good;
}

}  // namespace redbee::cc
