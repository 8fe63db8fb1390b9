// DialectConsumer sees each declaration of the text before code is generated for it. It records
// facts, binds table methods to their functions, and refuses what the dialect does not have, at the
// user's line and column.
#pragma once

#include <clang/AST/ASTConsumer.h>
#include <clang/Frontend/CompilerInstance.h>

#include <memory>

#include "src/cc/facts.h"
#include "src/cc/type_source.h"

namespace redbee::cc {

std::unique_ptr<clang::ASTConsumer> make_dialect_consumer(clang::CompilerInstance& compiler,
                                                          TypeSource& types,
                                                          Facts& facts);

}  // namespace redbee::cc
