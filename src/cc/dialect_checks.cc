#include "src/cc/dialect_checks.h"

#include <clang/AST/Attr.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Lex/MacroInfo.h>
#include <clang/Lex/Preprocessor.h>

#include <set>

#include "src/base/text.h"
#include "src/cc/ast_facts.h"
#include "src/cc/packet_access.h"
#include "src/cc/printk_format.h"

namespace redbee::cc {
namespace {

using clang::CallExpr;
using clang::DiagnosticsEngine;
using clang::Expr;
using clang::FunctionDecl;
using clang::SourceLocation;
using clang::VarDecl;

// The annotation of a table, or null: tables are what the table macros declare.
const clang::AnnotateAttr* table_annotation(const clang::Decl* declaration) {
  if (!declaration) return nullptr;
  for (const auto* attribute : declaration->specific_attrs<clang::AnnotateAttr>())
    if (attribute->getAnnotation() == "redbee.table") return attribute;
  return nullptr;
}

struct MethodRule {
  const char* name;
  const char* tables;  // space-separated kinds that have it; "keyed" stands for all lookup tables
};
constexpr const char* kKeyed =
    "hash array percpu_hash percpu_array lru_hash lru_percpu_hash lpm_trie histogram stacktrace "
    "array_of_maps hash_of_maps devmap cpumap xskmap sockmap sockhash cgroup_storage prog "
    "percpu_cgroup_storage perf_array cgroup_array extern";
constexpr MethodRule kMethods[] = {
    {"call", "prog extern"},
    {"get_stackid", "stacktrace extern"},
    {"perf_read", "perf_array extern"},
    {"perf_counter_value", "perf_array extern"},
    {"check_current_task", "cgroup_array extern"},
    {"redirect_map", "devmap cpumap xskmap extern"},
    {"sock_map_update", "sockmap extern"},
    {"msg_redirect_map", "sockmap extern"},
    {"sk_redirect_map", "sockmap extern"},
    {"sock_hash_update", "sockhash extern"},
    {"msg_redirect_hash", "sockhash extern"},
    {"sk_redirect_hash", "sockhash extern"},
    {"sk_storage_get", "sk_storage extern"},
    {"sk_storage_delete", "sk_storage extern"},
    {"inode_storage_get", "inode_storage extern"},
    {"inode_storage_delete", "inode_storage extern"},
    {"task_storage_get", "task_storage extern"},
    {"task_storage_delete", "task_storage extern"},
    {"get_local_storage", "cgroup_storage percpu_cgroup_storage extern"},
    {"ringbuf_output", "ringbuf extern"},
    {"ringbuf_reserve", "ringbuf extern"},
    {"ringbuf_submit", "ringbuf extern"},
    {"ringbuf_discard", "ringbuf extern"},
    {"ringbuf_query", "ringbuf extern"},
    {"lookup", kKeyed},
    {"lookup_or_init", kKeyed},
    {"lookup_or_try_init", kKeyed},
    {"update", kKeyed},
    {"insert", kKeyed},
    {"delete", kKeyed},
    {"increment", kKeyed},
    {"atomic_increment", kKeyed},
};

bool has_word(std::string_view words, std::string_view word) {
  for (std::string_view each : split(words, ' '))
    if (each == word) return true;
  return false;
}

bool has_method(const std::string& table, llvm::StringRef method) {
  for (const MethodRule& rule : kMethods)
    if (method == rule.name) return has_word(rule.tables, table);
  return true;
}

class Visitor : public clang::RecursiveASTVisitor<Visitor> {
 public:
  Visitor(clang::CompilerInstance& compiler, TypeSource& types, Facts& facts)
      : context_(compiler.getASTContext()),
        diagnostics_(compiler.getDiagnostics()),
        types_(types),
        ast_facts_(context_, facts) {}

  void add_table(const VarDecl* table, const clang::AnnotateAttr* annotation) {
    const MapFacts& map = ast_facts_.add_table(table, annotation);
    if (map.type == 0 && map.linkage != "extern")
      error(table->getLocation(), "there is no table type \"%0\"", map.table);
  }

  void check_function(FunctionDecl* function) {
    function_ = function;
    if (is_program(function)) {
      programs_.insert(function->getCanonicalDecl());
      check_parameters(function);
    }
    TraverseStmt(function->getBody());
    function_ = nullptr;
  }

  bool VisitCallExpr(CallExpr* call) {
    const Expr* callee = call->getCallee()->IgnoreParenImpCasts();
    if (const auto* member = llvm::dyn_cast<clang::MemberExpr>(callee)) {
      const auto* base =
          llvm::dyn_cast<clang::DeclRefExpr>(member->getBase()->IgnoreParenImpCasts());
      const auto* table = base ? llvm::dyn_cast<VarDecl>(base->getDecl()) : nullptr;
      if (const auto* annotation = table_annotation(table))
        bind_method(call, member, table, annotation);
      return true;
    }
    const FunctionDecl* target = call->getDirectCallee();
    if (!target) return true;
    if (target->getName() == "bpf_trace_printk") check_printk(call);
    if (target->getName().starts_with("redbee_cksum_")) check_checksum(call);
    if (target->isExternallyVisible() && is_in_main_file(target->getLocation()) &&
        target->hasBody())
      error(call->getBeginLoc(), "cannot call %0: only a static function of the text can be called",
            target->getName());
    return true;
  }

  // Parents first, so that a packet member inside a cast is seen with its cast.
  bool VisitImplicitCastExpr(clang::ImplicitCastExpr* cast) { return lower_packet_access(cast); }
  bool VisitBinaryOperator(clang::BinaryOperator* op) { return lower_packet_access(op); }
  bool VisitUnaryOperator(clang::UnaryOperator* op) { return lower_packet_access(op); }

 private:
  bool is_in_main_file(SourceLocation location) const {
    const clang::SourceManager& sources = context_.getSourceManager();
    return sources.isWrittenInMainFile(sources.getExpansionLoc(location));
  }
  bool is_program(const FunctionDecl* function) const {
    return function->isExternallyVisible() && is_in_main_file(function->getLocation());
  }

  template <unsigned N, typename... Args>
  void report(DiagnosticsEngine::Level level,
              SourceLocation at,
              const char (&text)[N],
              Args... args) {
    auto builder = diagnostics_.Report(context_.getSourceManager().getExpansionLoc(at),
                                       diagnostics_.getCustomDiagID(level, text));
    (void)(builder << ... << args);
  }
  template <unsigned N, typename... Args>
  void error(SourceLocation at, const char (&text)[N], Args... args) {
    report(DiagnosticsEngine::Error, at, text, args...);
  }
  template <unsigned N, typename... Args>
  void warning(SourceLocation at, const char (&text)[N], Args... args) {
    report(DiagnosticsEngine::Warning, at, text, args...);
  }

  void check_parameters(const FunctionDecl* function) {
    if (function->getNumParams() > 7)
      error(
          function->getParamDecl(7)->getLocation(),
          "%0 has too many parameters: at most six follow the context, the registers hold no more",
          function->getName());
    for (const clang::ParmVarDecl* parameter : function->parameters()) {
      if (parameter->getName().empty())
        error(parameter->getLocation(), "a parameter of %0 has no name", function->getName());
      else if (parameter->getFunctionScopeIndex() > 0 && !parameter->getType()->isScalarType())
        error(parameter->getLocation(),
              "parameter %0 is not a number or a pointer: a register cannot hold it",
              parameter->getName());
    }
  }

  // N.method(…) becomes a direct call of the function that the table's initialiser names.
  void bind_method(CallExpr* call,
                   const clang::MemberExpr* member,
                   const VarDecl* table,
                   const clang::AnnotateAttr*) {
    const llvm::StringRef method = member->getMemberDecl()->getName();
    const MapFacts* map = ast_facts_.find_map(table->getName());
    if (!map) return;
    if (!has_method(map->table, method)) {
      error(member->getMemberLoc(), "table %0 is a %1 and has no method %2", table->getName(),
            map->table, method);
      return;
    }
    if (method == "insert" && (map->type == 2 || map->type == 6))
      warning(member->getMemberLoc(),
              "every element of an array exists, so that insert changes nothing: use update");
    std::string bound = method.str();
    if (method == "increment" || method == "atomic_increment") {
      check_increment(call, member, map);
      const bool is_by = call->getNumArgs() == 2;
      if (is_by) call->setArg(1, widened(call->getArg(1)));
      bound += is_by ? "_by" : "_one";
    }
    if (FunctionDecl* function = method_function(table, bound))
      call->setCallee(reference(function, member->getBeginLoc()));
    record_event(call, table->getName().str(), method);
  }

  void check_increment(CallExpr* call, const clang::MemberExpr* member, const MapFacts* map) {
    if (call->getNumArgs() > 2)
      error(member->getMemberLoc(), "%0 takes a key and, at most, what to add",
            member->getMemberDecl()->getName());
    for (const clang::FieldDecl* field : member->getBase()->getType()->getAsRecordDecl()->fields())
      if (field->getName() == "leaf" && !field->getType()->isIntegerType())
        error(member->getMemberLoc(), "table %0 cannot be incremented: its leaf is not an integer",
              map->name);
  }

  Expr* widened(Expr* value) {
    value = value->getType()->isPointerType()
                ? clang::ImplicitCastExpr::Create(context_, context_.UnsignedLongLongTy,
                                                  clang::CK_PointerToIntegral, value, nullptr,
                                                  clang::VK_PRValue, {})
                : value;
    if (!value->getType()->isIntegralOrEnumerationType()) return value;
    return clang::ImplicitCastExpr::Create(context_, context_.UnsignedLongLongTy,
                                           clang::CK_IntegralCast, value, nullptr,
                                           clang::VK_PRValue, {});
  }

  static FunctionDecl* method_function(const VarDecl* table, llvm::StringRef member) {
    const auto* list = llvm::dyn_cast_or_null<clang::InitListExpr>(table->getInit());
    if (!list) return nullptr;
    for (const clang::FieldDecl* field : table->getType()->getAsRecordDecl()->fields()) {
      if (field->getName() != member) continue;
      if (field->getFieldIndex() >= list->getNumInits()) return nullptr;
      const auto* named = llvm::dyn_cast<clang::DeclRefExpr>(
          list->getInit(field->getFieldIndex())->IgnoreParenImpCasts());
      return named ? const_cast<FunctionDecl*>(llvm::dyn_cast<FunctionDecl>(named->getDecl()))
                   : nullptr;
    }
    return nullptr;
  }

  // At the place of the call, so that the verifier's log shows that line.
  Expr* reference(FunctionDecl* function, SourceLocation at) {
    Expr* name = clang::DeclRefExpr::Create(context_, {}, {}, function, false, at,
                                            function->getType(), clang::VK_LValue);
    function->setIsUsed();
    return clang::ImplicitCastExpr::Create(context_, context_.getPointerType(function->getType()),
                                           clang::CK_FunctionToPointerDecay, name, nullptr,
                                           clang::VK_PRValue, {});
  }

  void record_event(CallExpr* call, const std::string& table, llvm::StringRef method) {
    unsigned data;
    if (method == "perf_submit")
      data = 1;
    else if (method == "perf_submit_skb")
      data = 2;
    else if (method == "ringbuf_output" || method == "ringbuf_submit")
      data = 0;
    else
      return;
    if (call->getNumArgs() > data) ast_facts_.add_event(table, call->getArg(data));
  }

  template <typename Node>
  bool lower_packet_access(Node* node) {
    PacketLowering lowering(context_, function_);
    lowering.lower(node);
    if (!lowering.problem().empty()) error(node->getExprLoc(), "%0", lowering.problem());
    return true;
  }

  void check_checksum(CallExpr* call) {
    lower_packet_access(call);
    clang::Expr::EvalResult flags;
    if (call->getNumArgs() < 5 || !call->getArg(4)->EvaluateAsInt(flags, context_)) return;
    const unsigned size = flags.Val.getInt().getZExtValue() & 0xf;
    if (size != 0 && size != 2 && size != 4)
      warning(call->getExprLoc(),
              "a checksum is corrected for values of 2 or 4 bytes, this one has %0: the kernel will "
              "refuse it with EINVAL",
              size);
  }

  void check_printk(CallExpr* call) {
    const auto* literal =
        llvm::dyn_cast<clang::StringLiteral>(call->getArg(0)->IgnoreParenImpCasts());
    const unsigned first_value = literal ? 1 : 2;
    if (call->getNumArgs() > first_value + 3)
      error(call->getArg(first_value + 3)->getBeginLoc(),
            "bpf_trace_printk takes at most three values after its format");
    if (!literal) return;
    const std::string problem = printk_format_problem(
        {literal->getString().data(), literal->getString().size()}, call->getNumArgs() - 1);
    if (!problem.empty()) warning(literal->getBeginLoc(), "%0", problem);
  }

  clang::ASTContext& context_;
  DiagnosticsEngine& diagnostics_;
  TypeSource& types_;
  AstFacts ast_facts_;
  FunctionDecl* function_ = nullptr;
  std::set<const FunctionDecl*> programs_;
};

class DialectConsumer : public clang::ASTConsumer {
 public:
  DialectConsumer(clang::CompilerInstance& compiler, TypeSource& types, Facts& facts)
      : compiler_(compiler), types_(types), facts_(facts) {}

  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    if (!visitor_) visitor_ = std::make_unique<Visitor>(compiler_, types_, facts_);
    for (clang::Decl* declaration : group) {
      if (auto* record = llvm::dyn_cast<clang::RecordDecl>(declaration))
        types_.adopt_declaration(record);
      if (auto* variable = llvm::dyn_cast<VarDecl>(declaration))
        if (const auto* annotation = table_annotation(variable))
          visitor_->add_table(variable, annotation);
      if (auto* function = llvm::dyn_cast<FunctionDecl>(declaration))
        if (function->isThisDeclarationADefinition() && is_users(function))
          visitor_->check_function(function);
    }
    return true;
  }

  // #define BPF_LICENSE Dual BSD/GPL: bare words, as BCC has it.
  void HandleTranslationUnit(clang::ASTContext&) override {
    clang::Preprocessor& preprocessor = compiler_.getPreprocessor();
    const clang::MacroInfo* macro =
        preprocessor.getMacroInfo(preprocessor.getIdentifierInfo("BPF_LICENSE"));
    if (!macro) return;
    clang::DiagnosticsEngine& diagnostics = compiler_.getDiagnostics();
    if (compiler_.getSourceManager().isWrittenInCommandLineFile(macro->getDefinitionLoc())) {
      diagnostics.Report(diagnostics.getCustomDiagID(
          DiagnosticsEngine::Error, "BPF_LICENSE belongs into the text, not into a -D option"));
      return;
    }
    std::string license;
    for (const clang::Token& token : macro->tokens()) {
      if (token.hasLeadingSpace() && !license.empty()) license += ' ';
      license += token.isLiteral() && clang::tok::isStringLiteral(token.getKind())
                     ? trim_quotes(preprocessor.getSpelling(token))
                     : preprocessor.getSpelling(token);
    }
    facts_.license = license;
  }

 private:
  static std::string trim_quotes(const std::string& literal) {
    return literal.size() >= 2 ? literal.substr(1, literal.size() - 2) : literal;
  }
  bool is_users(const clang::Decl* declaration) const {
    const clang::SourceManager& sources = compiler_.getSourceManager();
    return sources.getFilename(sources.getExpansionLoc(declaration->getLocation())) != kPrelude;
  }
  static constexpr const char* kPrelude = "/redbee/prelude.h";

  clang::CompilerInstance& compiler_;
  TypeSource& types_;
  Facts& facts_;
  std::unique_ptr<Visitor> visitor_;
};

}  // namespace

std::unique_ptr<clang::ASTConsumer> make_dialect_consumer(clang::CompilerInstance& compiler,
                                                          TypeSource& types,
                                                          Facts& facts) {
  return std::make_unique<DialectConsumer>(compiler, types, facts);
}

}  // namespace redbee::cc
