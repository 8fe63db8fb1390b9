#include "src/cc/packet_access.h"

#include <clang/AST/Attr.h>
#include <clang/AST/Decl.h>

namespace redbee::cc {
namespace {

using clang::Expr;

const clang::MemberExpr* packet_member(const Expr* expr) {
  const auto* member = llvm::dyn_cast<clang::MemberExpr>(expr->IgnoreParens());
  const auto* field = member ? llvm::dyn_cast<clang::FieldDecl>(member->getMemberDecl()) : nullptr;
  if (!field || !member->isArrow()) return nullptr;
  for (const auto* attribute : field->getParent()->specific_attrs<clang::AnnotateAttr>())
    if (attribute->getAnnotation() == "redbee.packet") return member;
  return nullptr;
}

// Bits before `field` in the order of declaration, which is the order on the wire.
uint64_t wire_offset(const clang::FieldDecl* field, const clang::ASTContext& context) {
  uint64_t bits = 0;
  for (const clang::FieldDecl* each : field->getParent()->fields()) {
    if (each == field) break;
    bits +=
        each->isBitField() ? each->getBitWidthValue(context) : context.getTypeSize(each->getType());
  }
  return bits;
}

Expr* number(clang::ASTContext& context, uint64_t value) {
  return clang::IntegerLiteral::Create(context, llvm::APInt(64, value), context.UnsignedLongTy, {});
}

clang::FunctionDecl* find_reader(clang::ASTContext& context) {
  for (clang::NamedDecl* found :
       context.getTranslationUnitDecl()->lookup(&context.Idents.get("redbee_packet_read")))
    if (auto* function = llvm::dyn_cast<clang::FunctionDecl>(found)) return function;
  return nullptr;
}

Expr* cast(clang::ASTContext& context, clang::QualType to, clang::CastKind kind, Expr* from) {
  return clang::ImplicitCastExpr::Create(context, to, kind, from, nullptr, clang::VK_PRValue, {});
}

Expr* reference(clang::ASTContext& context, clang::ValueDecl* declaration) {
  return clang::DeclRefExpr::Create(context, {}, {}, declaration, false, clang::SourceLocation(),
                                    declaration->getType(), clang::VK_LValue);
}

}  // namespace

bool is_packet_member(const Expr* expr) {
  return packet_member(expr) != nullptr;
}

void lower_packet_read(clang::ASTContext& context,
                       clang::ImplicitCastExpr* read,
                       clang::FunctionDecl* function) {
  if (read->getCastKind() != clang::CK_LValueToRValue || !function || function->param_empty())
    return;
  const clang::MemberExpr* member = packet_member(read->getSubExpr());
  clang::FunctionDecl* reader = member ? find_reader(context) : nullptr;
  if (!reader) return;
  auto* field = llvm::cast<clang::FieldDecl>(member->getMemberDecl());
  const uint64_t offset = wire_offset(field, context);
  const uint64_t bits = field->isBitField() ? field->getBitWidthValue(context)
                                            : context.getTypeSize(field->getType());
  Expr* base = cast(context, context.UnsignedLongLongTy, clang::CK_PointerToIntegral,
                    const_cast<Expr*>(member->getBase()));
  Expr* at = clang::BinaryOperator::Create(
      context, base, number(context, offset / 8), clang::BO_Add, context.UnsignedLongLongTy,
      clang::VK_PRValue, clang::OK_Ordinary, {}, clang::FPOptionsOverride());
  clang::ParmVarDecl* skb = function->getParamDecl(0);
  Expr* skb_value =
      cast(context, skb->getType(), clang::CK_LValueToRValue, reference(context, skb));
  Expr* skb_pointer = cast(context, context.VoidPtrTy, clang::CK_BitCast, skb_value);
  Expr* callee = cast(context, context.getPointerType(reader->getType()),
                      clang::CK_FunctionToPointerDecay, reference(context, reader));
  Expr* call = clang::CallExpr::Create(
      context, callee, {skb_pointer, at, number(context, offset % 8), number(context, bits)},
      reader->getReturnType(), clang::VK_PRValue, read->getExprLoc(), clang::FPOptionsOverride());
  skb->setIsUsed();
  reader->setIsUsed();
  read->setCastKind(clang::CK_IntegralCast);
  read->setSubExpr(call);
}

}  // namespace redbee::cc
