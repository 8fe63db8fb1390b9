// Packet headers of networking scripts (prelude/packets.h): a member of one is a part of the packet
// that the socket buffer, the first parameter of the function, carries.
#pragma once

#include <clang/AST/ASTContext.h>
#include <clang/AST/Expr.h>

#include <string>

namespace redbee::cc {

// Each lower() changes an expression in place when it reads or writes such a member, and otherwise
// leaves it alone:
//   ip->ttl         redbee_packet_read(skb, at, bit, bits)
//   ip->ttl = 5     0, redbee_packet_write(skb, at, bit, bits, 5); so too with +=, -=, …
//   ip->ttl--       redbee_packet_add(skb, at, bit, bits, -1, 1)
// `problem` is then not empty when the function or the member cannot be used so.
class PacketLowering {
 public:
  PacketLowering(clang::ASTContext& context, clang::FunctionDecl* function)
      : context_(context), function_(function) {}
  void lower(clang::ImplicitCastExpr* read);
  void lower(clang::BinaryOperator* assignment);
  void lower(clang::UnaryOperator* step);
  // incr_cksum_l3 and _l4 leave the place of the socket buffer open (prelude/packets.h).
  void lower(clang::CallExpr* checksum);

  const std::string& problem() const { return problem_; }

 private:
  struct Part;

  // Where in the packet `expr` is, when it names a member of a packet header through a pointer.
  bool find_part(const clang::Expr* expr, Part& part);
  bool has_socket_buffer();
  clang::Expr* socket_buffer();
  clang::Expr* number(uint64_t value);
  clang::Expr* cast(clang::QualType to, clang::CastKind kind, clang::Expr* from);
  clang::Expr* access(const char* name,
                      const Part& part,
                      llvm::ArrayRef<clang::Expr*> more,
                      clang::QualType type);

  clang::ASTContext& context_;
  clang::FunctionDecl* function_;
  std::string problem_;
};

}  // namespace redbee::cc
