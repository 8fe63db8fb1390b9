#include "src/cc/packet_access.h"

#include <clang/AST/Attr.h>
#include <clang/AST/Decl.h>

#include "src/base/text.h"

namespace redbee::cc {
namespace {

using clang::Expr;

bool is_packet_header(const clang::RecordDecl* record) {
  for (const auto* attribute : record->specific_attrs<clang::AnnotateAttr>())
    if (attribute->getAnnotation() == "redbee.packet") return true;
  // What BCC's own BPF_PACKET_HEADER says, for texts that spell it out.
  const auto* deprecated = record->getAttr<clang::DeprecatedAttr>();
  return deprecated && deprecated->getMessage() == "packet";
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

Expr* reference(clang::ASTContext& context,
                clang::ValueDecl* declaration,
                clang::SourceLocation at = {}) {
  return clang::DeclRefExpr::Create(context, {}, {}, declaration, false, at,
                                    declaration->getType(), clang::VK_LValue);
}

}  // namespace

struct PacketLowering::Part {
  Expr* base = nullptr;
  uint64_t offset = 0, bits = 0;  // in bits, the most significant one of a byte first
  clang::QualType type;
  clang::SourceLocation at;
};

bool PacketLowering::find_part(const Expr* expr, Part& part) {
  const auto* member = llvm::dyn_cast<clang::MemberExpr>(expr->IgnoreParens());
  auto* field = member ? llvm::dyn_cast<clang::FieldDecl>(member->getMemberDecl()) : nullptr;
  if (!field || !member->isArrow() || !is_packet_header(field->getParent())) return false;
  part.base = const_cast<Expr*>(member->getBase());
  part.offset = wire_offset(field, context_);
  part.bits = field->isBitField() ? field->getBitWidthValue(context_)
                                  : context_.getTypeSize(field->getType());
  part.type = field->getType().getUnqualifiedType();
  part.at = expr->getExprLoc();
  if (!part.type->isIntegralOrEnumerationType()) {
    problem_ = cat("member ", field->getName().str(), " of a packet header is not a number");
    return false;
  }
  return has_socket_buffer();
}

bool PacketLowering::has_socket_buffer() {
  std::string context;
  if (function_ && !function_->param_empty()) {
    const clang::QualType type = function_->getParamDecl(0)->getType();
    if (type->isVoidPointerType()) return true;
    if (const auto* record = type->getPointeeType().isNull()
                                 ? nullptr
                                 : type->getPointeeType()->getAsRecordDecl())
      context = record->getName();
  }
  if (context == "__sk_buff") return true;
  problem_ =
      "packet headers are read and written through a socket buffer: the first parameter of this "
      "function must be a struct __sk_buff *";
  if (context == "xdp_md") problem_ += "; in XDP use ctx->data and ctx->data_end";
  return false;
}

Expr* PacketLowering::number(uint64_t value) {
  return clang::IntegerLiteral::Create(context_, llvm::APInt(64, value),
                                       context_.UnsignedLongLongTy, {});
}

Expr* PacketLowering::cast(clang::QualType to, clang::CastKind kind, Expr* from) {
  return clang::ImplicitCastExpr::Create(context_, to, kind, from, nullptr, clang::VK_PRValue, {});
}

Expr* PacketLowering::socket_buffer() {
  clang::ParmVarDecl* parameter = function_->getParamDecl(0);
  parameter->setIsUsed();
  return cast(context_.VoidPtrTy, clang::CK_BitCast,
              cast(parameter->getType(), clang::CK_LValueToRValue, reference(context_, parameter)));
}

// (type)NAME(skb, at, bit, bits, more…)
Expr* PacketLowering::access(const char* name,
                             const Part& part,
                             llvm::ArrayRef<Expr*> more,
                             clang::QualType type) {
  const auto found = context_.getTranslationUnitDecl()->lookup(&context_.Idents.get(name));
  auto* function = llvm::cast<clang::FunctionDecl>(*found.begin());  // the prelude has it
  function->setIsUsed();
  Expr* base = cast(context_.UnsignedLongLongTy, clang::CK_PointerToIntegral, part.base);
  Expr* at = clang::BinaryOperator::Create(
      context_, base, number(part.offset / 8), clang::BO_Add, context_.UnsignedLongLongTy,
      clang::VK_PRValue, clang::OK_Ordinary, {}, clang::FPOptionsOverride());
  std::vector<Expr*> arguments{socket_buffer(), at, number(part.offset % 8), number(part.bits)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Expr* callee = cast(context_.getPointerType(function->getType()),
                      clang::CK_FunctionToPointerDecay, reference(context_, function, part.at));
  Expr* call =
      clang::CallExpr::Create(context_, callee, arguments, function->getReturnType(),
                              clang::VK_PRValue, part.at, clang::FPOptionsOverride());
  return cast(type, clang::CK_IntegralCast, call);
}

void PacketLowering::lower(clang::ImplicitCastExpr* read) {
  Part part;
  if (read->getCastKind() != clang::CK_LValueToRValue || !find_part(read->getSubExpr(), part))
    return;
  Expr* value = access("redbee_packet_read", part, {}, read->getType());
  read->setCastKind(clang::CK_NoOp);
  read->setSubExpr(value);
}

void PacketLowering::lower(clang::BinaryOperator* assignment) {
  Part part;
  if (!assignment->isAssignmentOp() || !find_part(assignment->getLHS(), part)) return;
  Expr* value = assignment->getRHS();
  if (const auto* compound = llvm::dyn_cast<clang::CompoundAssignOperator>(assignment)) {
    if (part.base->HasSideEffects(context_)) {
      problem_ = "this would move the cursor twice: keep the header's address in a variable";
      return;
    }
    Expr* before = access("redbee_packet_read", part, {}, compound->getComputationLHSType());
    value = clang::BinaryOperator::Create(
        context_, before, value, clang::BinaryOperator::getOpForCompoundAssignment(compound->getOpcode()),
        compound->getComputationResultType(), clang::VK_PRValue, clang::OK_Ordinary,
        assignment->getOperatorLoc(), clang::FPOptionsOverride());
  }
  value = cast(context_.UnsignedLongLongTy, clang::CK_IntegralCast, value);
  Expr* written = access("redbee_packet_write", part, {value}, assignment->getType());
  // The node stays, as its parents point to it: `0, written` has the value of the assignment.
  assignment->setOpcode(clang::BO_Comma);
  assignment->setLHS(number(0));
  assignment->setRHS(written);
}

void PacketLowering::lower(clang::UnaryOperator* step) {
  Part part;
  if (!step->isIncrementDecrementOp() || !find_part(step->getSubExpr(), part)) return;
  Expr* by = number(step->isIncrementOp() ? 1 : ~0ULL);
  Expr* value =
      access("redbee_packet_add", part, {by, number(step->isPostfix())}, step->getType());
  step->setOpcode(clang::UO_Extension);  // __extension__ value: nothing but the value
  step->setSubExpr(value);
}

void PacketLowering::lower(clang::CallExpr* checksum) {
  const bool is_open =
      llvm::isa<clang::IntegerLiteral>(checksum->getArg(0)->IgnoreParenImpCasts());
  if (is_open && has_socket_buffer()) checksum->setArg(0, socket_buffer());
}

}  // namespace redbee::cc
