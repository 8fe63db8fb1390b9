// ProgramModule: the LLVM module of one text on its way to an Image, with what the stages share.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <string>
#include <vector>

#include "src/cc/facts.h"
#include "src/cc/frontend.h"
#include "src/cc/kernel_target.h"
#include "src/cc/usdt_operand.h"

namespace redbee::cc {

// One BPF program: a function of one pointer that returns int, in a section of its own.
struct Entry {
  llvm::Function* function = nullptr;
  size_t program = 0;   // index into Facts::programs
  std::string context;  // name of the struct its first parameter points to
};

struct ProgramModule {
  llvm::Module& module;
  FrontEnd& front;
  KernelTarget& target;
  Facts& facts;
  const UsdtBindings& usdt;
  std::vector<Entry> entries;
};

// Offsets in the kernel's struct pt_regs of x86-64, which is ABI for BPF programs.
namespace pt_regs {
inline constexpr unsigned kR10 = 56, kR9 = 64, kR8 = 72, kAx = 80, kCx = 88, kDx = 96, kSi = 104,
                          kDi = 112, kOrigAx = 120, kIp = 128;
inline constexpr unsigned kParameters[] = {kDi, kSi, kDx, kCx, kR8, kR9};
inline constexpr unsigned kSyscallParameters[] = {kDi, kSi, kDx, kR10, kR8, kR9};
}  // namespace pt_regs

// Numbers of kernel helpers (include/uapi/linux/bpf.h) that the stages call or recognise.
namespace helper {
inline constexpr unsigned kProbeRead = 4, kTracePrintk = 6, kGetFuncRet = 184;
}  // namespace helper

// Calls the kernel helper of that number.
llvm::CallInst* call_helper(llvm::IRBuilder<>& builder,
                            unsigned number,
                            llvm::Type* result,
                            llvm::ArrayRef<llvm::Value*> arguments);
// The number of the helper that a call calls; 0 for any other call.
unsigned helper_number(const llvm::CallBase& call);
// Where in the user's text an instruction comes from: the outermost line that is not the prelude's.
void report_at(FrontEnd& front, const llvm::Instruction& at, const std::string& message);
void warn_at(FrontEnd& front, const llvm::Instruction& at, const std::string& message);

// The stages, in order. A stage that finds a mistake reports it through `front`.
void lower_printk(ProgramModule& program);
void lower_early_returns(ProgramModule& program);
void shape_entries(ProgramModule& program);
void expand_usdt_variants(ProgramModule& program);
void make_twins(ProgramModule& program);
void probe_external_pointers(ProgramModule& program);
void check_calls(ProgramModule& program);
void finish_globals(ProgramModule& program);
void embed_source_lines(ProgramModule& program);

}  // namespace redbee::cc
