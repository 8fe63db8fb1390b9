#include "src/cc/ast_facts.h"

#include <clang/AST/Attr.h>
#include <clang/AST/Expr.h>
#include <clang/AST/RecordLayout.h>
#include <clang/Basic/SourceManager.h>

#include "src/base/text.h"

namespace redbee::cc {
namespace {

std::string string_argument(const clang::Expr* expr) {
  const auto* literal =
      llvm::dyn_cast_or_null<clang::StringLiteral>(expr ? expr->IgnoreParenImpCasts() : nullptr);
  return literal ? literal->getString().str() : "";
}

uint64_t integer_argument(const clang::Expr* expr, const clang::ASTContext& context) {
  clang::Expr::EvalResult result;
  if (!expr || !expr->IgnoreParenImpCasts()->EvaluateAsInt(result, context)) return 0;
  return result.Val.getInt().getZExtValue();
}

// The kernel's numbers (enum bpf_map_type).
uint32_t map_type(llvm::StringRef table, bool has_int_key) {
  static constexpr std::pair<const char*, uint32_t> kTypes[] = {{"hash", 1},
                                                                {"array", 2},
                                                                {"prog", 3},
                                                                {"perf_output", 4},
                                                                {"perf_array", 4},
                                                                {"percpu_hash", 5},
                                                                {"percpu_array", 6},
                                                                {"stacktrace", 7},
                                                                {"cgroup_array", 8},
                                                                {"lru_hash", 9},
                                                                {"lru_percpu_hash", 10},
                                                                {"lpm_trie", 11},
                                                                {"array_of_maps", 12},
                                                                {"hash_of_maps", 13},
                                                                {"devmap", 14},
                                                                {"sockmap", 15},
                                                                {"cpumap", 16},
                                                                {"xskmap", 17},
                                                                {"sockhash", 18},
                                                                {"cgroup_storage", 19},
                                                                {"percpu_cgroup_storage", 21},
                                                                {"queue", 22},
                                                                {"stack", 23},
                                                                {"sk_storage", 24},
                                                                {"ringbuf", 27},
                                                                {"inode_storage", 28},
                                                                {"task_storage", 29}};
  if (table == "histogram") return has_int_key ? 2 : 1;
  for (const auto& [name, number] : kTypes)
    if (table == name) return number;
  return 0;
}

}  // namespace

int AstFacts::type_index(clang::QualType type) {
  type = type.getUnqualifiedType();
  if (type.isNull() || type->isVoidType() || type->isFunctionType()) return -1;
  if (const auto* elaborated = type->getAs<clang::ElaboratedType>();
      elaborated && !type->getAs<clang::TypedefType>())
    type = elaborated->getNamedType().getUnqualifiedType();
  auto [found, is_new] = indexes_.try_emplace(type.getAsOpaquePtr(), -1);
  if (!is_new) return found->second;
  const int index = static_cast<int>(facts_.types.size());
  found->second = index;
  facts_.types.emplace_back();  // reserved: a struct may point to itself
  TypeFacts made = describe(type);
  facts_.types[index] = std::move(made);
  return index;
}

TypeFacts AstFacts::describe(clang::QualType type) {
  TypeFacts out;
  const clang::QualType canonical = type.getCanonicalType();
  out.name = type.getUnqualifiedType().getAsString();
  if (const auto* alias = type->getAs<clang::TypedefType>()) out.name = alias->getDecl()->getName();
  if (!canonical->isIncompleteType())
    out.size = static_cast<uint64_t>(context_.getTypeSizeInChars(canonical).getQuantity());
  if (const auto* array = context_.getAsConstantArrayType(canonical)) {
    out.kind = "array";
    out.element = type_index(context_.getAsArrayType(type)->getElementType());
    out.count = array->getSize().getZExtValue();
  } else if (canonical->isPointerType()) {
    out.kind = "pointer";
    const clang::QualType pointee = canonical->getPointeeType();
    // Kernel structs behind pointers are named, not spelled out: a table of struct request * would
    // otherwise drag in half the kernel.
    if (pointee->isBuiltinType() && !pointee->isVoidType())
      out.pointee = type_index(type->getPointeeType());
  } else if (const auto* record = canonical->getAs<clang::RecordType>()) {
    describe_record(record->getDecl(), out);
    if (!type->getAs<clang::TypedefType>()) out.name = record->getDecl()->getName().str();
  } else if (const auto* enumeration = canonical->getAs<clang::EnumType>()) {
    out.kind = "enum";
    const clang::EnumDecl* declaration = enumeration->getDecl();
    out.is_signed = declaration->getIntegerType()->isSignedIntegerType();
    if (!type->getAs<clang::TypedefType>()) out.name = declaration->getName().str();
    for (const auto* item : declaration->enumerators())
      out.values.emplace_back(item->getName().str(), item->getInitVal().getExtValue());
  } else if (canonical->isBooleanType()) {
    out.kind = "bool";
    if (!type->getAs<clang::TypedefType>()) out.name = "bool";
  } else if (canonical->isFloatingType()) {
    out.kind = "float";
  } else {
    out.kind = canonical->isAnyCharacterType() && canonical == context_.CharTy ? "char" : "int";
    out.is_signed = canonical->isSignedIntegerType();
  }
  return out;
}

void AstFacts::describe_record(const clang::RecordDecl* record, TypeFacts& out) {
  out.kind = record->isUnion() ? "union" : "struct";
  if (!record->getDefinition()) return;
  record = record->getDefinition();
  out.is_packed = record->hasAttr<clang::PackedAttr>();
  add_fields(record, 0, out);
}

void AstFacts::add_fields(const clang::RecordDecl* record, uint64_t base_bits, TypeFacts& out) {
  const clang::ASTRecordLayout& layout = context_.getASTRecordLayout(record);
  for (const clang::FieldDecl* field : record->fields()) {
    const uint64_t offset = base_bits + layout.getFieldOffset(field->getFieldIndex());
    if (field->isAnonymousStructOrUnion()) {
      add_fields(field->getType()->getAsRecordDecl()->getDefinition(), offset, out);
      continue;
    }
    if (field->getName().empty()) continue;  // an unnamed bit-field is padding
    TypeFacts::Field item{field->getName().str(), type_index(field->getType()), offset / 8, 0, 0};
    if (field->isBitField()) {
      const uint64_t unit = context_.getTypeSize(field->getType());
      item.bits = field->getBitWidthValue(context_);
      item.offset = offset / unit * unit / 8;
      item.bit_offset = static_cast<uint32_t>(offset - item.offset * 8);
    }
    out.fields.push_back(std::move(item));
  }
}

const MapFacts& AstFacts::add_table(const clang::VarDecl* table,
                                    const clang::AnnotateAttr* annotation) {
  // Arguments: table kind, entries, flags, linkage, pin path, inner map.
  std::vector<const clang::Expr*> args(annotation->args_begin(), annotation->args_end());
  args.resize(6);
  MapFacts map;
  map.name = table->getName();
  map.table = string_argument(args[0]);
  map.max_entries = integer_argument(args[1], context_);
  map.flags = integer_argument(args[2], context_);
  map.linkage = string_argument(args[3]);
  map.pinned = string_argument(args[4]);
  map.inner = string_argument(args[5]);
  const clang::SourceManager& sources = context_.getSourceManager();
  map.line = sources.getExpansionLineNumber(table->getLocation());
  auto member = [&](llvm::StringRef name, int& index, uint64_t& size) -> clang::QualType {
    for (const clang::FieldDecl* field : table->getType()->getAsRecordDecl()->fields()) {
      if (field->getName() != name) continue;
      index = type_index(field->getType());
      size = static_cast<uint64_t>(context_.getTypeSizeInChars(field->getType()).getQuantity());
      return field->getType();
    }
    return {};
  };
  const clang::QualType key = member("key", map.key, map.key_size);
  member("leaf", map.leaf, map.leaf_size);
  if (map.table == "ringbuf") {
    // BPF_TABLE("ringbuf", …, struct event, …): its leaf is the event.
    if (map.leaf >= 0 && facts_.types[static_cast<size_t>(map.leaf)].kind == "struct")
      facts_.events.push_back({map.name, map.leaf});
    map.key = map.leaf = -1;
    map.key_size = map.leaf_size = 0;
  }
  if (map.table == "extern") map.linkage = "extern";
  const bool has_int_key = !key.isNull() && context_.hasSameType(key, context_.IntTy);
  map.type = map_type(map.table, has_int_key);
  return facts_.maps.emplace_back(std::move(map));
}

void AstFacts::add_event(const std::string& map, const clang::Expr* data) {
  data = data->IgnoreParenCasts();
  clang::QualType type = data->getType();
  if (type->isArrayType()) {
    // char buffer[N] submitted as it is
  } else if (type->isPointerType()) {
    type = type->getPointeeType();
  } else {
    return;
  }
  if (type->isVoidType() || type->isIncompleteType()) return;
  const EventFacts event{map, type_index(type)};
  if (std::find(facts_.events.begin(), facts_.events.end(), event) == facts_.events.end())
    facts_.events.push_back(event);
}

const MapFacts* AstFacts::find_map(llvm::StringRef name) const {
  for (const MapFacts& map : facts_.maps)
    if (map.name == name) return &map;
  return nullptr;
}

}  // namespace redbee::cc
