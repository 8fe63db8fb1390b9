// Debian's clangCodeGen asks for Polly's plug-in, which is packaged apart and never used here.
#include <llvm/Passes/PassPlugin.h>

llvm::PassPluginLibraryInfo getPollyPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "no polly", "0", [](llvm::PassBuilder&) {}};
}
