#include "src/cc/type_source.h"

#include <clang/AST/Attr.h>
#include <clang/AST/Decl.h>
#include <clang/AST/Expr.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Sema/Lookup.h>
#include <clang/Sema/Sema.h>

#include <algorithm>

namespace redbee::cc {
namespace {

// Members that kernels renamed or moved, by the name scripts still use. A struct that has the old
// name keeps its own.
struct Alias {
  const char *record, *old_name, *path[2];
};
constexpr Alias kAliases[] = {
    {"task_struct", "state", {"__state", nullptr}},     // Linux 5.14
    {"task_struct", "__state", {"state", nullptr}},     // scripts of newer kernels on older ones
    {"task_struct", "cpu", {"thread_info", "cpu"}},     // Linux 5.16
    {"inode", "i_ctime", {"__i_ctime", nullptr}},       // Linux 6.6
    {"dentry", "d_iname", {"d_shortname", "string"}},   // Linux 6.14
    {"kernfs_node", "parent", {"__parent", nullptr}},   // Linux 6.15
};

// Names that the prelude has as redbee_NAME, for texts that do not define them: common words that a
// macro would take from every script.
bool is_prelude_fallback(llvm::StringRef name) {
  return name == "memcpy" || name == "memmove" || name == "memset" || name == "memcmp" ||
         name == "READ" || name == "WRITE";
}

std::string_view view(llvm::StringRef text) {
  return {text.data(), text.size()};
}

}  // namespace

const Btf* TypeSource::owner_of(const Btf& btf, uint32_t id) const {
  return id < btf.first_id() && btf.base() ? btf.base() : &btf;
}

clang::QualType TypeSource::type_of(const Btf& btf, uint32_t id) {
  if (id == 0) return context_->VoidTy;
  const Btf* owner = owner_of(btf, id);
  const Key key{owner, id};
  if (auto found = types_.find(key); found != types_.end()) return found->second;
  clang::QualType type = make(*owner, id);
  types_[key] = type;
  return type;
}

clang::QualType TypeSource::integer(uint64_t size, bool is_signed) {
  clang::ASTContext& c = *context_;
  switch (size) {
    case 1:
      return is_signed ? c.SignedCharTy : c.UnsignedCharTy;
    case 2:
      return is_signed ? c.ShortTy : c.UnsignedShortTy;
    case 4:
      return is_signed ? c.IntTy : c.UnsignedIntTy;
    case 16:
      return is_signed ? c.Int128Ty : c.UnsignedInt128Ty;
    default:
      return is_signed ? c.LongTy : c.UnsignedLongTy;
  }
}

clang::QualType TypeSource::make_int(const Btf& btf, const btf_type* type) {
  const llvm::StringRef name = btf.name(type);
  const uint32_t encoding = Btf::int_encoding(type);
  if (name == "char") return context_->CharTy;
  if (encoding & BTF_INT_BOOL) return context_->BoolTy;
  const bool is_signed = encoding & BTF_INT_SIGNED;
  if (type->size == 8 && name.contains("long long"))
    return is_signed ? context_->LongLongTy : context_->UnsignedLongLongTy;
  return integer(type->size, is_signed);
}

clang::QualType TypeSource::make(const Btf& btf, uint32_t id) {
  clang::ASTContext& c = *context_;
  const btf_type* type = btf.type(id);
  if (!type) return c.VoidTy;
  switch (Btf::kind(type)) {
    case BTF_KIND_INT:
      return make_int(btf, type);
    case BTF_KIND_FLOAT:
      return type->size == 4 ? c.FloatTy : c.DoubleTy;
    case BTF_KIND_PTR:
      return c.getPointerType(type_of(btf, type->type));
    case BTF_KIND_CONST:
      return type_of(btf, type->type).withConst();
    case BTF_KIND_VOLATILE:
      return type_of(btf, type->type).withVolatile();
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG:
      return type_of(btf, type->type);
    case BTF_KIND_ARRAY: {
      const btf_array& array = Btf::array(type);
      return c.getConstantArrayType(type_of(btf, array.type), llvm::APInt(64, array.nelems),
                                    nullptr, clang::ArraySizeModifier::Normal, 0);
    }
    case BTF_KIND_TYPEDEF: {
      clang::QualType target = type_of(btf, type->type);
      auto* declaration = clang::TypedefDecl::Create(c, c.getTranslationUnitDecl(), {}, {},
                                                     &c.Idents.get(btf.name(type)),
                                                     c.getTrivialTypeSourceInfo(target));
      return c.getTypedefType(declaration);
    }
    case BTF_KIND_FUNC_PROTO:
      return make_function(btf, type);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_FWD:
      return make_record(btf, id);
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return c.getEnumType(make_enum(btf, id));
    default:
      return c.IntTy;
  }
}

clang::QualType TypeSource::make_function(const Btf& btf, const btf_type* type) {
  clang::ASTContext& c = *context_;
  std::vector<clang::QualType> params;
  clang::FunctionProtoType::ExtProtoInfo info;
  for (const btf_param& param : Btf::params(type)) {
    if (param.type == 0) {
      info.Variadic = true;
      continue;
    }
    clang::QualType param_type = type_of(btf, param.type);
    if (param_type->isArrayType()) param_type = c.getArrayDecayedType(param_type);
    if (param_type->isFunctionType()) param_type = c.getPointerType(param_type);
    params.push_back(param_type.getUnqualifiedType());
  }
  return c.getFunctionType(type_of(btf, type->type), params, info);
}

clang::QualType TypeSource::make_record(const Btf& btf, uint32_t id) {
  clang::ASTContext& c = *context_;
  const btf_type* type = btf.type(id);
  const bool is_forward = Btf::kind(type) == BTF_KIND_FWD;
  if (is_forward)
    if (auto* tag = llvm::dyn_cast_or_null<clang::TagDecl>(find_tag(btf.name(type), false)))
      return c.getTypeDeclType(tag);
  const bool is_union = is_forward ? Btf::kind_flag(type) : Btf::kind(type) == BTF_KIND_UNION;
  auto* record = clang::RecordDecl::Create(
      c, is_union ? clang::TagTypeKind::Union : clang::TagTypeKind::Struct,
      c.getTranslationUnitDecl(), {}, {}, type->name_off ? &c.Idents.get(btf.name(type)) : nullptr);
  if (!is_forward) {
    records_[record] = Key{&btf, id};
    record->setHasExternalLexicalStorage(true);
  }
  return c.getRecordType(record);
}

clang::EnumDecl* TypeSource::make_enum(const Btf& btf, uint32_t id) {
  clang::ASTContext& c = *context_;
  clang::EnumDecl*& made = enums_[Key{&btf, id}];
  if (made) return made;
  const btf_type* type = btf.type(id);
  auto* declaration = clang::EnumDecl::Create(
      c, c.getTranslationUnitDecl(), {}, {},
      type->name_off ? &c.Idents.get(btf.name(type)) : nullptr, nullptr, false, false, false);
  made = declaration;
  declaration->startDefinition();
  const bool is_wide = Btf::kind(type) == BTF_KIND_ENUM64 || type->size == 8;
  bool is_signed = Btf::kind_flag(type);
  // Before Linux 6.0 the flag was never set, whatever the values.
  for (uint32_t i = 0; i < Btf::length(type) && !is_wide; ++i)
    is_signed |= btf.enumerator(id, i).value < 0;
  const clang::QualType underlying = integer(type->size, is_signed);
  const unsigned bits = is_wide ? 64 : 32;
  for (uint32_t i = 0; i < Btf::length(type); ++i) {
    const Btf::Enumerator item = btf.enumerator(id, i);
    const llvm::StringRef name(item.name.data(), item.name.size());
    auto* constant = clang::EnumConstantDecl::Create(
        c, declaration, {}, &c.Idents.get(name), is_wide ? underlying : c.IntTy, nullptr,
        llvm::APSInt(llvm::APInt(bits, static_cast<uint64_t>(item.value), true), !is_signed));
    constant->setAccess(clang::AS_public);
    declaration->addDecl(constant);
    enumerators_[name] = constant;
  }
  declaration->completeDefinition(underlying, underlying, bits, is_signed ? bits : 0);
  return declaration;
}

// --- names --------------------------------------------------------------------------------------

bool TypeSource::LookupUnqualified(clang::LookupResult& result, clang::Scope*) {
  if (!context_ || result.isForRedeclaration()) return false;
  const clang::IdentifierInfo* identifier = result.getLookupName().getAsIdentifierInfo();
  if (!identifier) return false;
  // Modules are opened for names of the user's text only: the prelude also names types that this
  // kernel may not have.
  const clang::SourceManager& sources = context_->getSourceManager();
  const bool is_users = sources.isWrittenInMainFile(sources.getExpansionLoc(result.getNameLoc()));
  clang::NamedDecl* found = nullptr;
  if (result.getLookupKind() == clang::Sema::LookupTagName)
    found = find_tag(identifier->getName(), is_users);
  else if (result.getLookupKind() == clang::Sema::LookupOrdinaryName)
    found = find_ordinary(identifier->getName(), is_users);
  if (!found) {
    if (result.getLookupKind() == clang::Sema::LookupTagName)
      report_missing_tracepoint(identifier->getName(), result.getNameLoc());
    return false;
  }
  result.addDecl(found);
  return true;
}

clang::NamedDecl* TypeSource::find_tag(llvm::StringRef name, bool search_modules) {
  if (auto found = tags_.find(name); found != tags_.end() && (found->second || !search_modules))
    return found->second;
  clang::NamedDecl* declaration = nullptr;
  if (auto id = target_.btf().find_tag(view(name))) {
    declaration = type_of(target_.btf(), *id)->getAsTagDecl();
  } else if (name.starts_with("tracepoint__")) {
    declaration = make_tracepoint(name);
  } else if (search_modules) {
    for (const KernelTarget::Module& module : target_.modules()) {
      auto id = module.btf->find_tag(view(name));
      if (!id) continue;
      modules_.insert(module.name);
      declaration = type_of(*module.btf, *id)->getAsTagDecl();
      break;
    }
  }
  tags_[name] = declaration;
  return declaration;
}

clang::NamedDecl* TypeSource::find_ordinary(llvm::StringRef name, bool search_modules) {
  if (auto found = ordinaries_.find(name);
      found != ordinaries_.end() && (found->second || !search_modules))
    return found->second;
  clang::NamedDecl* declaration = nullptr;
  auto look_in = [&](const Btf& btf) -> bool {
    if (auto id = btf.find_typedef(view(name))) {
      declaration = type_of(btf, *id)->getAs<clang::TypedefType>()->getDecl();
    } else if (auto item = btf.find_enumerator(view(name))) {
      make_enum(*owner_of(btf, item->enum_id), item->enum_id);
      declaration = enumerators_.lookup(name);
    }
    return declaration;
  };
  if (is_prelude_fallback(name)) {
    const std::string own = "redbee_" + name.str();
    for (clang::NamedDecl* found :
         context_->getTranslationUnitDecl()->lookup(&context_->Idents.get(own)))
      declaration = found;
    return declaration;
  }
  if (!look_in(target_.btf()) && search_modules)
    for (const KernelTarget::Module& module : target_.modules())
      if (look_in(*module.btf)) {
        modules_.insert(module.name);
        break;
      }
  ordinaries_[name] = declaration;
  return declaration;
}

void TypeSource::adopt_declaration(clang::RecordDecl* record) {
  if (!record->getIdentifier() || records_.count(record)) return;
  const llvm::StringRef name = record->getName();
  const auto id = target_.btf().find_tag(view(name));
  if (!id || !Btf::is_record(target_.btf().type(*id))) return;
  const Key key{&target_.btf(), *id};
  if (record->isCompleteDefinition()) {
    // The user's own struct of that name: kernel members keep the kernel's.
    if (const auto* previous = record->getPreviousDecl())
      if (records_.erase(llvm::cast<clang::RecordDecl>(previous))) types_.erase(key);
    return;
  }
  if (record->getPreviousDecl()) return;
  if (auto found = types_.find(key); found != types_.end()) {
    auto* made = llvm::cast<clang::RecordDecl>(found->second->getAsTagDecl());
    record->setPreviousDecl(made);
    record->setTypeForDecl(made->getTypeForDecl());
    return;
  }
  record->setHasExternalLexicalStorage(true);
  records_[record] = key;
  types_[key] = context_->getRecordType(record);
  tags_[name] = record;
}

// --- records ------------------------------------------------------------------------------------

clang::FieldDecl* TypeSource::add_field(clang::RecordDecl* record,
                                        llvm::StringRef name,
                                        clang::QualType type,
                                        uint32_t bits,
                                        uint64_t offset,
                                        Layout& layout) {
  clang::ASTContext& c = *context_;
  clang::Expr* width =
      bits ? clang::IntegerLiteral::Create(c, llvm::APInt(32, bits), c.IntTy, {}) : nullptr;
  auto* field =
      clang::FieldDecl::Create(c, record, {}, {}, name.empty() ? nullptr : &c.Idents.get(name),
                               type, nullptr, width, false, clang::ICIS_NoInit);
  field->setAccess(clang::AS_public);
  record->addDecl(field);
  layout.offsets.emplace_back(field, offset);
  return field;
}

void TypeSource::CompleteType(clang::TagDecl* tag) {
  auto* record = llvm::dyn_cast<clang::RecordDecl>(tag);
  if (!record || record->isCompleteDefinition() || record->isBeingDefined()) return;
  auto found = records_.find(record);
  if (found == records_.end()) return;
  const Key key = found->second;
  record->setHasExternalLexicalStorage(false);
  record->startDefinition();
  add_members(record, *key.first, key.first->type(key.second));
  record->completeDefinition();
}

void TypeSource::add_members(clang::RecordDecl* record, const Btf& btf, const btf_type* type) {
  Layout layout;
  layout.bits = uint64_t{type->size} * 8;
  std::vector<clang::FieldDecl*> anonymous;
  for (const btf_member& member : Btf::members(type)) {
    const clang::QualType member_type = type_of(btf, member.type);
    clang::RecordDecl* inner = member_type->getBaseElementTypeUnsafe()->getAsRecordDecl();
    if (inner && !inner->isCompleteDefinition()) CompleteType(inner);
    const llvm::StringRef name = btf.string(member.name_off);
    clang::FieldDecl* field =
        add_field(record, name, member_type, Btf::member_bit_size(type, member),
                  Btf::member_bit_offset(type, member), layout);
    if (name.empty() && member_type->getAsRecordDecl()) {
      member_type->getAsRecordDecl()->setAnonymousStructOrUnion(true);
      field->setImplicit(true);
      anonymous.push_back(field);
    }
  }
  layouts_[record] = std::move(layout);
  for (clang::FieldDecl* field : anonymous) {
    llvm::SmallVector<clang::NamedDecl*, 4> path{field};
    add_indirect_fields(record, field->getType()->getAsRecordDecl(), path);
  }
  if (type->name_off) add_aliases(record);
}

void TypeSource::add_indirect_fields(clang::RecordDecl* outer,
                                     clang::RecordDecl* inner,
                                     llvm::SmallVectorImpl<clang::NamedDecl*>& path) {
  clang::ASTContext& c = *context_;
  for (clang::FieldDecl* field : inner->fields()) {
    path.push_back(field);
    if (field->getDeclName().isEmpty()) {
      auto* record = field->getType()->getAsRecordDecl();
      if (record && record->isAnonymousStructOrUnion()) add_indirect_fields(outer, record, path);
    } else {
      auto** chain = new (c) clang::NamedDecl*[path.size()];
      std::copy(path.begin(), path.end(), chain);
      auto* indirect = clang::IndirectFieldDecl::Create(c, outer, {}, field->getIdentifier(),
                                                        field->getType(), {chain, path.size()});
      indirect->setImplicit();
      indirect->setAccess(clang::AS_public);
      outer->addDecl(indirect);
    }
    path.pop_back();
  }
}

void TypeSource::add_aliases(clang::RecordDecl* record) {
  clang::ASTContext& c = *context_;
  auto find = [&](clang::RecordDecl* in, const char* name) -> clang::FieldDecl* {
    for (clang::FieldDecl* field : in->fields())
      if (field->getIdentifier() && field->getName() == name) return field;
    return nullptr;
  };
  for (const Alias& alias : kAliases) {
    if (record->getName() != alias.record || find(record, alias.old_name)) continue;
    llvm::SmallVector<clang::NamedDecl*, 2> path;
    clang::FieldDecl* field = find(record, alias.path[0]);
    if (field) path.push_back(field);
    if (field && alias.path[1]) {
      clang::RecordDecl* inner = field->getType()->getAsRecordDecl();
      field = inner ? find(inner, alias.path[1]) : nullptr;
      if (field) path.push_back(field);
    }
    if (!field) continue;
    auto** chain = new (c) clang::NamedDecl*[path.size()];
    std::copy(path.begin(), path.end(), chain);
    auto* indirect = clang::IndirectFieldDecl::Create(c, record, {}, &c.Idents.get(alias.old_name),
                                                      field->getType(), {chain, path.size()});
    indirect->setImplicit();
    indirect->setAccess(clang::AS_public);
    record->addDecl(indirect);
  }
}

bool TypeSource::layoutRecordType(const clang::RecordDecl* record,
                                  uint64_t& size,
                                  uint64_t& alignment,
                                  llvm::DenseMap<const clang::FieldDecl*, uint64_t>& offsets,
                                  llvm::DenseMap<const clang::CXXRecordDecl*, clang::CharUnits>&,
                                  llvm::DenseMap<const clang::CXXRecordDecl*, clang::CharUnits>&) {
  const auto found = layouts_.find(record);
  if (found == layouts_.end()) return false;
  const Layout& layout = found->second;
  size = layout.bits;
  for (const auto& [field, offset] : layout.offsets) offsets[field] = offset;
  // The strictest alignment that every offset and the size bear out: a packed struct shows in both.
  alignment = 8;
  for (const auto& [field, offset] : layout.offsets) {
    const uint64_t wanted = context_->getTypeAlign(field->getType());
    if (offset % wanted == 0) alignment = std::max(alignment, wanted);
  }
  while (size % alignment) alignment /= 2;
  return true;
}

}  // namespace redbee::cc
