// Each visible function of the text becomes a BPF program: `int NAME(ctx)` in the section its name
// or context asks for. Parameters after the first are read from the registers of a probe; a
// function that returns nothing returns 0.
#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/Instructions.h>

#include "src/base/text.h"
#include "src/cc/program_module.h"

namespace redbee::cc {
namespace {

struct Named {
  const char *prefix, *section, *kind;
};
constexpr Named kByName[] = {
    {"kprobe__", "kprobe/", "kprobe"},       {"kretprobe__", "kretprobe/", "kretprobe"},
    {"tracepoint__", "tp/", "tracepoint"},   {"raw_tracepoint__", "raw_tp/", "raw_tracepoint"},
    {"kfunc__", "fentry/", "fentry"},        {"kretfunc__", "fexit/", "fexit"},
    {"kmod_ret__", "fmod_ret/", "fmod_ret"}, {"lsm__", "lsm/", "lsm"},
    {"bpf_iter__", "iter/", "iter"},
};

struct ByContext {
  const char *context, *section, *kind;
};
// Functions of other names: the caller says at load what they are, the context only narrows it
// down.
constexpr ByContext kByContext[] = {
    {"xdp_md", "xdp", "xdp"},
    {"__sk_buff", "tc", ""},
    {"bpf_perf_event_data", "perf_event", "perf_event"},
    {"bpf_raw_tracepoint_args", "raw_tp", "raw_tracepoint"},
    {"sk_msg_md", "sk_msg", "sk_msg"},
    {"bpf_sock_ops", "sockops", "sock_ops"},
    {"bpf_sock_addr", "cgroup/connect4", "cgroup_sock_addr"},
    {"bpf_cgroup_dev_ctx", "cgroup/dev", "cgroup_device"},
    {"bpf_sysctl", "cgroup/sysctl", "cgroup_sysctl"},
    {"bpf_sockopt", "cgroup/getsockopt", "cgroup_sockopt"},
    {"bpf_sk_lookup", "sk_lookup", "sk_lookup"},
    {"sk_reuseport_md", "sk_reuseport", "sk_reuseport"},
    {"bpf_sock", "cgroup/sock_create", "cgroup_sock"},
};

// "syscalls__sys_enter_read" -> "syscalls" "/" or ":" "sys_enter_read"
std::string joined_event(llvm::StringRef rest, const char* divider) {
  const size_t at = rest.find("__");
  if (at == rest.npos) return rest.str();
  return cat(rest.substr(0, at).str(), divider, rest.substr(at + 2).str());
}

std::string context_name(const llvm::DISubprogram* subprogram) {
  if (!subprogram || !subprogram->getType()) return "";
  const auto types = subprogram->getType()->getTypeArray();
  if (types.size() < 2) return "";
  const llvm::DIType* type = types[1];
  while (const auto* derived = llvm::dyn_cast_or_null<llvm::DIDerivedType>(type))
    type = derived->getBaseType();
  return type ? type->getName().str() : "";
}

void classify(ProgramFacts& facts) {
  const llvm::StringRef name = facts.name;
  for (const Named& each : kByName) {
    if (!name.starts_with(each.prefix)) continue;
    llvm::StringRef rest = name.substr(strlen(each.prefix));
    facts.kind = each.kind;
    facts.target = rest.str();
    facts.section = cat(each.section, rest.str());
    if (facts.kind == "tracepoint") {
      facts.section = cat(each.section, joined_event(rest, "/"));
      facts.target = joined_event(rest, ":");
    } else if (facts.kind == "fentry" || facts.kind == "fexit") {
      // kfunc__MODULE__FUNCTION; a module other than vmlinux stays in the target.
      const size_t at = rest.find("__");
      const llvm::StringRef module = rest.substr(0, at);
      const std::string function = at == rest.npos ? rest.str() : rest.substr(at + 2).str();
      facts.section = cat(each.section, function);
      facts.target = module == "vmlinux" ? function : cat(module.str(), ":", function);
    }
    return;
  }
  const llvm::StringRef context = facts.context;
  if (context.starts_with("tracepoint__")) {
    const llvm::StringRef event = context.substr(strlen("tracepoint__"));
    facts.kind = "tracepoint";
    facts.target = joined_event(event, ":");
    facts.section = cat("tp/", joined_event(event, "/"));
    return;
  }
  facts.section = "kprobe";
  for (const ByContext& each : kByContext) {
    if (context != each.context) continue;
    facts.section = each.section;
    facts.kind = each.kind;
  }
}

bool has_syscall_parameters(llvm::StringRef name) {
  return name.starts_with("syscall__") || name.starts_with("kprobe____x64_sys_");
}

// A program needs debug information of its own for BTF, with a named parameter: the kernel refuses
// others.
void describe(ProgramModule& program, llvm::Function& wrapper, const llvm::DISubprogram* body) {
  llvm::DIBuilder builder(program.module, false, body->getUnit());
  const auto types = body->getType()->getTypeArray();
  llvm::DIType* context = types.size() > 1 ? types[1] : nullptr;
  if (!context) context = builder.createPointerType(nullptr, 64);
  auto* result = builder.createBasicType("int", 32, llvm::dwarf::DW_ATE_signed);
  auto* type = builder.createSubroutineType(builder.getOrCreateTypeArray({result, context}));
  auto* subprogram = builder.createFunction(
      body->getScope(), body->getName(), "", body->getFile(), body->getLine(), type,
      body->getLine(), llvm::DINode::FlagPrototyped,
      llvm::DISubprogram::SPFlagDefinition | llvm::DISubprogram::SPFlagOptimized);
  builder.createParameterVariable(subprogram, "ctx", 1, body->getFile(), body->getLine(), context,
                                  true);
  builder.finalizeSubprogram(subprogram);
  wrapper.setSubprogram(subprogram);
}

llvm::Value* load_word(llvm::IRBuilder<>& builder, llvm::Value* base, unsigned offset) {
  return builder.CreateLoad(builder.getInt64Ty(),
                            builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), base, offset));
}

llvm::Value* convert(llvm::IRBuilder<>& builder, llvm::Value* word, llvm::Type* type) {
  if (type->isPointerTy()) return builder.CreateIntToPtr(word, type);
  if (type->isIntegerTy()) return builder.CreateTrunc(word, type);
  return llvm::PoisonValue::get(type);
}

// int NAME(ctx) { return NAME.body(ctx, first register, second register, …); }
llvm::Function* wrap(ProgramModule& program, llvm::Function& body) {
  llvm::LLVMContext& context = program.module.getContext();
  auto* type = llvm::FunctionType::get(llvm::Type::getInt32Ty(context),
                                       {llvm::PointerType::getUnqual(context)}, false);
  auto* wrapper =
      llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, "", &program.module);
  wrapper->takeName(&body);
  wrapper->setAttributes(
      llvm::AttributeList::get(context, body.getAttributes().getFnAttrs(), {}, {}));
  wrapper->setDSOLocal(true);
  body.setName(wrapper->getName() + ".body");
  body.setLinkage(llvm::GlobalValue::InternalLinkage);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(context, "", wrapper));
  if (const llvm::DISubprogram* subprogram = body.getSubprogram()) {
    describe(program, *wrapper, subprogram);
    builder.SetCurrentDebugLocation(
        llvm::DILocation::get(context, subprogram->getLine(), 0, wrapper->getSubprogram()));
  }
  llvm::Value* registers = wrapper->getArg(0);
  const bool is_syscall = has_syscall_parameters(wrapper->getName());
  if (is_syscall && body.arg_size() > 1)
    registers =
        builder.CreateIntToPtr(load_word(builder, registers, pt_regs::kDi), builder.getPtrTy());
  std::vector<llvm::Value*> arguments;
  for (llvm::Argument& argument : body.args()) {
    const unsigned number = argument.getArgNo();
    if (number == 0) {
      arguments.push_back(wrapper->getArg(0));
    } else if (number > 6 || argument.use_empty()) {
      arguments.push_back(llvm::PoisonValue::get(argument.getType()));
    } else {
      const unsigned offset =
          (is_syscall ? pt_regs::kSyscallParameters : pt_regs::kParameters)[number - 1];
      arguments.push_back(
          convert(builder, load_word(builder, registers, offset), argument.getType()));
    }
  }
  llvm::CallInst* call = builder.CreateCall(&body, arguments);
  llvm::Value* result = call;
  if (call->getType()->isIntegerTy())
    result = builder.CreateZExtOrTrunc(call, builder.getInt32Ty());
  else
    result = builder.getInt32(0);
  builder.CreateRet(result);
  return wrapper;
}

bool is_program_shaped(const llvm::Function& function) {
  return function.arg_size() == 1 && function.getArg(0)->getType()->isPointerTy() &&
         function.getReturnType()->isIntegerTy(32);
}

}  // namespace

void shape_entries(ProgramModule& program) {
  std::vector<llvm::Function*> functions;
  for (llvm::Function& function : program.module) {
    if (function.isDeclaration()) continue;
    if (function.hasExternalLinkage()) {
      functions.push_back(&function);
      continue;
    }
    // Static functions are inlined, whatever they ask for: a call between BPF functions would hide
    // where a pointer comes from.
    function.removeFnAttr(llvm::Attribute::NoInline);
    function.addFnAttr(llvm::Attribute::AlwaysInline);
  }
  for (llvm::Function* function : functions) {
    const llvm::DISubprogram* subprogram = function->getSubprogram();
    ProgramFacts facts;
    facts.name = function->getName().str();
    facts.context = context_name(subprogram);
    facts.line = subprogram ? subprogram->getLine() : 0;
    classify(facts);
    if (!is_program_shaped(*function)) {
      llvm::Function* body = function;
      function = wrap(program, *body);
      body->addFnAttr(llvm::Attribute::AlwaysInline);
      body->removeFnAttr(llvm::Attribute::NoInline);
    }
    function->setSection(facts.section);
    program.entries.push_back({function, program.facts.programs.size(), facts.context});
    program.facts.programs.push_back(std::move(facts));
  }
}

}  // namespace redbee::cc
