// struct tracepoint__CATEGORY__EVENT, made from the format file as BCC names its members: a u64 for
// the header common to all events, then the event's fields, dynamic ones as data_loc_NAME.
#include <clang/AST/Decl.h>
#include <clang/Basic/SourceManager.h>

#include "src/base/fnv1a.h"
#include "src/base/text.h"
#include "src/cc/type_source.h"

namespace redbee::cc {
namespace {

constexpr uint64_t kCommonHeader = 8;

struct EventName {
  std::string category, event;
};

// tracepoint__syscalls__sys_enter_read: the first "__" after the prefix divides.
std::optional<EventName> event_name(llvm::StringRef tag) {
  tag = tag.substr(strlen("tracepoint__"));
  const size_t divider = tag.find("__");
  if (divider == tag.npos) return std::nullopt;
  return EventName{tag.substr(0, divider).str(), tag.substr(divider + 2).str()};
}

}  // namespace

clang::RecordDecl* TypeSource::make_tracepoint(llvm::StringRef name) {
  const std::optional<EventName> event = event_name(name);
  if (!event) return nullptr;
  const std::string title = cat(event->category, ":", event->event);
  const auto format = target_.tracepoint_format(event->category, event->event);
  const auto fields = format ? parse_format(*format) : Result<std::vector<FormatField>>();
  if (!format || !fields) return nullptr;
  tracepoints_.push_back({title, fnv1a64(*format)});
  clang::ASTContext& c = *context_;
  auto* record = clang::RecordDecl::Create(c, clang::TagTypeKind::Struct,
                                           c.getTranslationUnitDecl(), {}, {}, &c.Idents.get(name));
  record->startDefinition();
  Layout layout;
  uint64_t end = kCommonHeader;
  add_field(record, "__do_not_use__", c.UnsignedLongTy, 0, 0, layout);
  for (const FormatField& field : *fields) {
    if (field.offset < kCommonHeader) continue;
    add_field(record, field.name, tracepoint_field_type(field), 0, uint64_t{field.offset} * 8,
              layout);
    end = std::max<uint64_t>(end, field.offset + field.size);
  }
  layout.bits = (end + 7) / 8 * 64;
  layouts_[record] = std::move(layout);
  record->completeDefinition();
  return record;
}

void TypeSource::report_missing_tracepoint(llvm::StringRef tag, clang::SourceLocation at) {
  const std::optional<EventName> event =
      tag.starts_with("tracepoint__") ? event_name(tag) : std::nullopt;
  if (!event) return;
  clang::DiagnosticsEngine& diagnostics = context_->getDiagnostics();
  const unsigned message = diagnostics.getCustomDiagID(clang::DiagnosticsEngine::Error, "%0");
  const std::string name = cat(event->category, ":", event->event);
  diagnostics.Report(context_->getSourceManager().getExpansionLoc(at), message)
      << (target_.can_read_tracepoints() ? cat("no tracepoint ", name, " on this kernel; those it has are in "
                                               "/sys/kernel/tracing/events, more come with modules")
                                         : cat("tracepoint ", name,
                                               ": tracefs cannot be read: that needs root or "
                                               "CAP_DAC_READ_SEARCH, and tracefs mounted at "
                                               "/sys/kernel/tracing (or --tracefs DIR)"));
}

// The type as the format words it where its size agrees; system call arguments, for one, are
// written "unsigned int fd" and are eight bytes wide.
clang::QualType TypeSource::tracepoint_field_type(const FormatField& field) {
  clang::ASTContext& c = *context_;
  auto array = [&](clang::QualType element, uint64_t count) {
    return c.getConstantArrayType(element, llvm::APInt(64, count), nullptr,
                                  clang::ArraySizeModifier::Normal, 0);
  };
  const clang::QualType worded = type_of_words(field.type);
  const uint64_t worded_size = worded.isNull() || worded->isIncompleteType()
                                   ? 0
                                   : c.getTypeSizeInChars(worded).getQuantity();
  if (field.is_array) {
    if (worded_size && field.size % worded_size == 0)
      return array(worded, field.size / worded_size);
    return array(c.CharTy, field.size);
  }
  if (worded_size == field.size) return worded;
  if (field.size == 1 || field.size == 2 || field.size == 4 || field.size == 8)
    return integer(field.size, field.is_signed);
  return array(c.CharTy, field.size);
}

clang::QualType TypeSource::type_of_words(llvm::StringRef words) {
  clang::ASTContext& c = *context_;
  unsigned pointers = 0, longs = 0;
  bool is_const = false, is_unsigned = false, is_signed = false, is_tag = false;
  std::string name;
  for (words = words.rtrim(); words.consume_back("*"); words = words.rtrim()) ++pointers;
  for (std::string_view word : split({words.data(), words.size()}, ' ', false)) {
    if (word == "const")
      is_const = true;
    else if (word == "volatile" || word == "__user")
      continue;
    else if (word == "unsigned")
      is_unsigned = true;
    else if (word == "signed")
      is_signed = true;
    else if (word == "long")
      ++longs;
    else if (word == "struct" || word == "union" || word == "enum")
      is_tag = true;
    else if (name.empty())
      name = word;
    else
      return {};
  }
  clang::QualType type;
  if (is_tag) {
    if (auto* tag = llvm::dyn_cast_or_null<clang::TagDecl>(find_tag(name, true)))
      type = c.getTypeDeclType(tag);
    else if (pointers)
      type = c.VoidTy;
  } else if (longs) {
    type = longs > 1 ? (is_unsigned ? c.UnsignedLongLongTy : c.LongLongTy)
                     : (is_unsigned ? c.UnsignedLongTy : c.LongTy);
  } else if (name == "char") {
    type = is_unsigned ? c.UnsignedCharTy : is_signed ? c.SignedCharTy : c.CharTy;
  } else if (name == "short") {
    type = is_unsigned ? c.UnsignedShortTy : c.ShortTy;
  } else if (name == "int" || name.empty()) {
    type = is_unsigned ? c.UnsignedIntTy : c.IntTy;
  } else if (name == "bool" || name == "_Bool") {
    type = c.BoolTy;
  } else if (name == "void") {
    type = c.VoidTy;
  } else if (auto* found = llvm::dyn_cast_or_null<clang::TypedefDecl>(find_ordinary(name, true))) {
    type = c.getTypedefType(found);
  }
  if (type.isNull()) return pointers ? c.VoidPtrTy : type;
  if (is_const) type = type.withConst();
  for (unsigned i = 0; i < pointers; ++i) type = c.getPointerType(type);
  return type;
}

}  // namespace redbee::cc
