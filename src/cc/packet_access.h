// Packet headers of networking scripts (prelude/packets.h): reading a member of one reads the
// packet.
#pragma once

#include <clang/AST/ASTContext.h>
#include <clang/AST/Expr.h>

namespace redbee::cc {

// Whether `expr` names a member of a packet header through a pointer.
bool is_packet_member(const clang::Expr* expr);
// Turns the read of such a member in place into redbee_packet_read(skb, at, bit, bits), where skb
// is the first parameter of `function`.
void lower_packet_read(clang::ASTContext& context,
                       clang::ImplicitCastExpr* read,
                       clang::FunctionDecl* function);

}  // namespace redbee::cc
