#include "src/cc/frontend.h"

#include <clang/AST/RecordLayout.h>
#include <clang/Basic/Diagnostic.h>
#include <clang/Basic/TargetInfo.h>
#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Sema/Sema.h>
#include <llvm/Support/raw_ostream.h>

#include <filesystem>

#include "src/base/fnv1a.h"
#include "src/base/text.h"
#include "src/cc/diagnostic_printer.h"
#include "src/cc/dialect_checks.h"
#include "src/cc/prelude_text.h"
#include "src/cc/source_files.h"
#include "src/cc/type_source.h"

namespace redbee::cc {
namespace {

// Declarations go to the dialect's consumer, then to code generation. A group of enums alone goes
// to neither: clang would keep the debug information, and so the BTF, of every one.
class Consumers : public clang::MultiplexConsumer {
 public:
  using MultiplexConsumer::MultiplexConsumer;
  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    return is_enums(group) || MultiplexConsumer::HandleTopLevelDecl(group);
  }
  void HandleInterestingDecl(clang::DeclGroupRef group) override {
    if (!is_enums(group)) MultiplexConsumer::HandleInterestingDecl(group);
  }

 private:
  static bool is_enums(clang::DeclGroupRef group) {
    for (clang::Decl* declaration : group)
      if (!llvm::isa<clang::EnumDecl>(declaration)) return false;
    return true;
  }
};

class Action : public clang::EmitLLVMOnlyAction {
 public:
  Action(llvm::LLVMContext* context, llvm::IntrusiveRefCntPtr<TypeSource> types, Facts& facts)
      : EmitLLVMOnlyAction(context), types_(std::move(types)), facts_(facts) {}

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler,
                                                        llvm::StringRef file) override {
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(make_dialect_consumer(compiler, *types_, facts_));
    consumers.push_back(EmitLLVMOnlyAction::CreateASTConsumer(compiler, file));
    return std::make_unique<Consumers>(std::move(consumers));
  }
  // The source is attached here, when builtins exist already: earlier it would hide them.
  void ExecuteAction() override {
    clang::CompilerInstance& compiler = getCompilerInstance();
    types_->use(compiler.getASTContext());
    compiler.getASTContext().setExternalSource(types_);
    compiler.createSema(getTranslationUnitKind(), nullptr);
    compiler.getSema().addExternalSource(types_.get());
    EmitLLVMOnlyAction::ExecuteAction();
  }

 private:
  llvm::IntrusiveRefCntPtr<TypeSource> types_;
  Facts& facts_;
};

constexpr const char* kFlags[] = {
    "-triple", "bpf", "-O2", "-disable-llvm-passes", "-debug-info-kind=constructor",
    "-dwarf-version=5", "-x", "c", "-std=gnu11", "-fgnuc-version=4.2.1", "-ffreestanding",
    "-fno-delete-null-pointer-checks", "-fms-extensions", "-nostdsysteminc", "-nobuiltininc",
    "-D__TARGET_ARCH_x86", "-D__x86_64__", "-D__KERNEL__", "-D__BPF_TRACING__",
    "-DCONFIG_ARCH_HAS_SYSCALL_WRAPPER=1", "-DCONFIG_X86_64=1", "-DCONFIG_64BIT=1",
    // Kernel code is full of these, and none says that a program is wrong.
    "-Wno-unknown-attributes", "-Wno-gnu-folding-constant", "-Wno-visibility", "-Wno-pointer-sign",
    "-Wno-duplicate-decl-specifier", "-Wno-error=int-conversion", "-Wno-int-conversion",
    "-Wno-macro-redefined", "-Wno-unused-value", "-Wno-address-of-packed-member",
    "-Wno-implicit-int", "-Wno-microsoft-anon-tag", "-Wno-return-type",
    "-Wno-incompatible-pointer-types-discards-qualifiers",
    "-Wno-incompatible-library-redeclaration", "-Wno-ignored-attributes",
    "-Wno-deprecated-non-prototype", "-Wno-c23-extensions", "-Wno-deprecated-declarations", "-Wno-strict-prototypes",
    "-Wno-compare-distinct-pointer-types", "-Wno-extern-initializer"};

// Whether `word` stands in the text only behind -> or a dot.
bool is_only_a_member(std::string_view text, std::string_view word) {
  auto is_letter = [](char c) { return isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size()) {
    const size_t end = at + word.size();
    if ((at > 0 && is_letter(text[at - 1])) || (end < text.size() && is_letter(text[end]))) continue;
    const size_t before = text.substr(0, at).find_last_not_of(" \t\n");
    if (before == text.npos) return false;
    const bool is_arrow = text[before] == '>' && before > 0 && text[before - 1] == '-';
    if (!is_arrow && text[before] != '.') return false;
  }
  return true;
}

}  // namespace

FrontEnd::FrontEnd(const Options& options, KernelTarget& target, std::string text)
    : options_(options), target_(target), text_(std::move(text)) {}
FrontEnd::~FrontEnd() = default;

std::string FrontEnd::prelude() const {
  std::string out = "#pragma GCC system_header\n";
  out += target_.config_defines(text_, options_.preprocessor);
  out += cat("#define LINUX_VERSION_CODE ", target_.version_code(), "\n");
  out += cat("#define REDBEE_NUM_CPUS ", target_.possible_cpus(), "\n");
  if (text_.find("\"ringbuf\"") != text_.npos) out += "#define REDBEE_HAS_RING_BY_STRING\n";
  const Btf& btf = target_.btf();
  // struct request lost its disk to its queue in Linux 5.17. A pointer lies between, so that only a
  // macro can stand for it; not in a text that has the word as a name of its own.
  const auto request = btf.find_tag("request"), queue = btf.find_tag("request_queue");
  if (request && queue && !btf.find_field(*request, "rq_disk") && btf.find_field(*queue, "disk") &&
      is_only_a_member(text_, "rq_disk"))
    out += "#define rq_disk q->disk\n";
  // The inline name of a dentry has had 40, 36 and 32 bytes.
  for (const char* member : {"d_iname", "d_shortname"}) {
    const auto dentry = btf.find_tag("dentry");
    const auto name = dentry ? btf.find_field(*dentry, member) : std::nullopt;
    if (!name) continue;
    out += cat("#define REDBEE_DNAME_INLINE_LEN ", btf.size_of(name->type).value_or(40), "\n");
    break;
  }
  out += kPreludeText;
  return out;
}

std::unique_ptr<llvm::Module> FrontEnd::parse(llvm::LLVMContext& context, Facts& facts) {
  std::vector<std::string> arguments(std::begin(kFlags), std::end(kFlags));
  arguments.insert(arguments.end(), {"-main-file-name", options_.name, "-include", kPreludePath});
  arguments.insert(arguments.end(), options_.preprocessor.begin(), options_.preprocessor.end());
  const std::string directory = std::filesystem::path(options_.source).parent_path().string();
  if (!directory.empty()) arguments.insert(arguments.end(), {"-iquote", directory});
  arguments.insert(arguments.end(), {"-isystem", kHeaderDirectory});
  std::vector<const char*> raw;
  for (const std::string& argument : arguments) raw.push_back(argument.c_str());

  compiler_ = std::make_unique<clang::CompilerInstance>();
  compiler_->createDiagnostics();
  if (!clang::CompilerInvocation::CreateFromArgs(compiler_->getInvocation(), raw,
                                                 compiler_->getDiagnostics()))
    return nullptr;
  clang::DiagnosticOptions& printing = compiler_->getDiagnosticOpts();
  printing.ShowLineNumbers = 0;
  printing.ShowOptionNames = 0;
  printing.ShowFixits = 0;
  compiler_->createDiagnostics(new DiagnosticPrinter(printing), true);
  compiler_->setVerboseOutputStream(llvm::nulls());
  auto& front_end = compiler_->getFrontendOpts();
  front_end.Inputs.clear();
  front_end.Inputs.emplace_back(llvm::MemoryBufferRef(text_, options_.name),
                                clang::InputKind(clang::Language::C));
  front_end.DisableFree = true;
  compiler_->createFileManager(make_file_system(prelude()));
  compiler_->createSourceManager(compiler_->getFileManager());

  llvm::IntrusiveRefCntPtr<TypeSource> types(new TypeSource(target_));
  action_ = std::make_unique<Action>(&context, types, facts);
  const bool is_done = compiler_->ExecuteAction(*action_);
  if (!is_done || has_errors()) return nullptr;
  facts.tracepoints = types->tracepoints();
  for (const KernelTarget::Module& module : target_.modules_read())
    if (types->modules().count(module.name))
      facts.modules.push_back({module.name, fnv1a64(module.btf->bytes())});
  return action_->takeModule();
}

bool FrontEnd::has_errors() const {
  return compiler_->getDiagnostics().hasErrorOccurred();
}

void FrontEnd::error(unsigned line, unsigned column, const std::string& message) {
  report(true, line, column, message);
}
void FrontEnd::warning(unsigned line, unsigned column, const std::string& message) {
  report(false, line, column, message);
}

void FrontEnd::report(bool is_error, unsigned line, unsigned column, const std::string& message) {
  clang::DiagnosticsEngine& engine = compiler_->getDiagnostics();
  clang::SourceManager& sources = compiler_->getSourceManager();
  clang::SourceLocation at;
  if (line) at = sources.translateLineCol(sources.getMainFileID(), line, column ? column : 1);
  const auto level = is_error ? clang::DiagnosticsEngine::Error : clang::DiagnosticsEngine::Warning;
  engine.Report(at, engine.getCustomDiagID(level, "%0")) << message;
}

}  // namespace redbee::cc
