// Reads through pointers that the verifier takes for plain numbers become probe reads.
//
// Every load and copy is traced to where its address comes from. The verifier knows the stack,
// globals, maps, the context and what certain helpers return; anything else (a value loaded from
// the context, from a map, from kernel memory, or computed) is external. A wrong "external" costs a
// helper call and reads the same bytes; a failed read gives zero, which is the dialect's rule.
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Operator.h>

#include <algorithm>

#include "src/cc/btf_walk.h"
#include "src/cc/program_module.h"

namespace redbee::cc {
namespace {

enum class Provenance { known, external, neutral };

// Helpers whose result the verifier tracks as a pointer that may be read directly.
constexpr unsigned kPointerHelpers[] = {
    1,                            // map_lookup_elem
    81,                           // get_local_storage
    84,  85,  95,  96,  98,  99,  // socket lookups
    107,                          // sk_storage_get
    131,                          // ringbuf_reserve
    136, 137, 138, 139, 140,      // skc_to_*
    145,                          // inode_storage_get
    153, 154,                     // per_cpu_ptr, this_cpu_ptr
    156,                          // task_storage_get
    158,                          // get_current_task_btf
    162,                          // sock_from_file
    175,                          // task_pt_regs
    178,                          // skc_to_unix_sock
    194,                          // kptr_xchg
    195,                          // map_lookup_percpu_elem
    196,                          // skc_to_mptcp_sock
    203,                          // dynptr_data
    210,                          // cgrp_storage_get
};

// Programs that see packets or sockets: their contexts hold pointers of the verifier's own kinds,
// and they may not call probe reads.
constexpr const char* kNetworkContexts[] = {
    "__sk_buff",          "xdp_md",     "sk_msg_md",     "bpf_sock_ops",
    "bpf_sock_addr",      "bpf_sock",   "bpf_sk_lookup", "sk_reuseport_md",
    "bpf_cgroup_dev_ctx", "bpf_sysctl", "bpf_sockopt",   "bpf_flow_keys"};

bool is_network(const std::string& context) {
  return std::find(std::begin(kNetworkContexts), std::end(kNetworkContexts), context) !=
         std::end(kNetworkContexts);
}

class Tracer {
 public:
  Provenance of(const llvm::Value* pointer) {
    seen_.clear();
    return trace(pointer);
  }

 private:
  static Provenance merge(Provenance a, Provenance b) {
    if (a == Provenance::external || b == Provenance::external) return Provenance::external;
    return a == Provenance::known ? a : b;
  }

  Provenance trace(const llvm::Value* value) {
    if (!seen_.insert(value).second) return Provenance::neutral;
    if (llvm::isa<llvm::AllocaInst>(value) || llvm::isa<llvm::GlobalValue>(value))
      return Provenance::known;
    if (llvm::isa<llvm::ConstantPointerNull>(value) || llvm::isa<llvm::UndefValue>(value))
      return Provenance::neutral;
    if (llvm::isa<llvm::Argument>(value)) return Provenance::known;  // only the context is left
    if (const auto* element = llvm::dyn_cast<llvm::GEPOperator>(value))
      return trace(element->getPointerOperand());
    if (const auto* phi = llvm::dyn_cast<llvm::PHINode>(value)) {
      Provenance result = Provenance::neutral;
      for (const llvm::Use& incoming : phi->incoming_values())
        result = merge(result, trace(incoming.get()));
      return result;
    }
    if (const auto* select = llvm::dyn_cast<llvm::SelectInst>(value))
      return merge(trace(select->getTrueValue()), trace(select->getFalseValue()));
    if (const auto* freeze = llvm::dyn_cast<llvm::FreezeInst>(value))
      return trace(freeze->getOperand(0));
    if (const auto* call = llvm::dyn_cast<llvm::CallInst>(value)) return trace_call(*call);
    if (const auto* op = llvm::dyn_cast<llvm::Operator>(value)) return trace_operator(*op);
    return Provenance::external;
  }

  Provenance trace_call(const llvm::CallInst& call) {
    if (llvm::isa<llvm::IntrinsicInst>(call)) {
      for (const llvm::Use& argument : call.args())
        if (argument->getType()->isPointerTy()) return trace(argument.get());
      return Provenance::external;
    }
    const unsigned number = helper_number(call);
    return std::find(std::begin(kPointerHelpers), std::end(kPointerHelpers), number) !=
                   std::end(kPointerHelpers)
               ? Provenance::known
               : Provenance::external;
  }

  // Casts keep an address; arithmetic on a known address stays known.
  Provenance trace_operator(const llvm::Operator& op) {
    switch (op.getOpcode()) {
      case llvm::Instruction::BitCast:
      case llvm::Instruction::AddrSpaceCast:
      case llvm::Instruction::PtrToInt:
      case llvm::Instruction::IntToPtr:
        return trace(op.getOperand(0));
      case llvm::Instruction::Add:
      case llvm::Instruction::Sub:
      case llvm::Instruction::Or:
      case llvm::Instruction::And: {
        const bool left = is_address(op.getOperand(0)), right = is_address(op.getOperand(1));
        if (left) return trace(op.getOperand(0));
        if (right) return trace(op.getOperand(1));
        return Provenance::external;
      }
      default:
        return Provenance::external;
    }
  }
  static bool is_address(const llvm::Value* value) {
    return llvm::isa<llvm::PtrToIntOperator>(value);
  }

  llvm::SmallPtrSet<const llvm::Value*, 16> seen_;
};

// *to = probe read of *load's address, in a stack slot whose life ends at once: the stack has 512
// bytes.
void probe_load(llvm::LoadInst& load) {
  llvm::Function& function = *load.getFunction();
  const llvm::DataLayout& layout = function.getParent()->getDataLayout();
  const uint64_t size = layout.getTypeStoreSize(load.getType());
  llvm::IRBuilder<> entry(&*function.getEntryBlock().begin());
  llvm::AllocaInst* slot = entry.CreateAlloca(load.getType());
  slot->setAlignment(llvm::Align(8));
  llvm::IRBuilder<> builder(&load);
  builder.CreateLifetimeStart(slot, builder.getInt64(size));
  call_helper(builder, helper::kProbeRead, builder.getInt64Ty(),
              {slot, builder.getInt32(static_cast<uint32_t>(size)), load.getPointerOperand()});
  llvm::LoadInst* value = builder.CreateLoad(load.getType(), slot);
  builder.CreateLifetimeEnd(slot, builder.getInt64(size));
  value->takeName(&load);
  load.replaceAllUsesWith(value);
  load.eraseFromParent();
}

void probe_copy(llvm::MemTransferInst& copy) {
  llvm::IRBuilder<> builder(&copy);
  call_helper(builder, helper::kProbeRead, builder.getInt64Ty(),
              {copy.getRawDest(), builder.CreateZExtOrTrunc(copy.getLength(), builder.getInt32Ty()),
               copy.getRawSource()});
  copy.eraseFromParent();
}

constexpr const char kNoStore[] =
    "cannot write to kernel or user memory: this pointer is not to the stack or to a table's value";

const llvm::Value* written_address(const llvm::Instruction& instruction) {
  if (const auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction))
    return store->getPointerOperand();
  if (const auto* atomic = llvm::dyn_cast<llvm::AtomicRMWInst>(&instruction))
    return atomic->getPointerOperand();
  if (const auto* exchange = llvm::dyn_cast<llvm::AtomicCmpXchgInst>(&instruction))
    return exchange->getPointerOperand();
  if (const auto* fill = llvm::dyn_cast<llvm::MemIntrinsic>(&instruction))
    return fill->getRawDest();
  return nullptr;
}

void rewrite(FrontEnd& front, llvm::Function& function, const BtfWalk& walk) {
  Tracer tracer;
  std::vector<llvm::Instruction*> accesses;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    if (const llvm::Value* address = written_address(instruction))
      if (tracer.of(address) == Provenance::external) report_at(front, instruction, kNoStore);
    if (llvm::isa<llvm::LoadInst>(instruction) || llvm::isa<llvm::MemTransferInst>(instruction))
      accesses.push_back(&instruction);
  }
  std::vector<llvm::Instruction*> rewritten;
  for (llvm::Instruction* access : accesses) {
    auto* load = llvm::dyn_cast<llvm::LoadInst>(access);
    auto* copy = llvm::dyn_cast<llvm::MemTransferInst>(access);
    const llvm::Value* address = load ? load->getPointerOperand() : copy->getRawSource();
    if (tracer.of(address) != Provenance::external || (load && walk.may_load(*load))) continue;
    rewritten.push_back(access);
  }
  // All are judged before any changes: one load's address may be another's result.
  for (llvm::Instruction* access : rewritten) {
    if (auto* load = llvm::dyn_cast<llvm::LoadInst>(access))
      probe_load(*load);
    else
      probe_copy(*llvm::cast<llvm::MemTransferInst>(access));
  }
}

}  // namespace

void probe_external_pointers(ProgramModule& program) {
  for (const Entry& entry : program.entries)
    if (!is_network(entry.context))
      rewrite(program.front, *entry.function,
              BtfWalk(program.target.btf(), program.facts.programs[entry.program]));
}

// After inlining a program calls helpers only; anything else left has no meaning in the kernel.
void check_calls(ProgramModule& program) {
  for (const Entry& entry : program.entries) {
    for (llvm::Instruction& instruction : llvm::instructions(*entry.function)) {
      const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      if (!call || helper_number(*call) || call->isInlineAsm()) continue;
      const llvm::Function* target = call->getCalledFunction();
      if (!target) {
        report_at(program.front, instruction, "a call through a pointer cannot be made in BPF");
      } else if (!target->isIntrinsic() && target->isDeclaration() &&
                 !target->getName().starts_with("mem")) {
        report_at(program.front, instruction,
                  "there is no function " + target->getName().str() + " a BPF program could call");
      } else if (!target->isDeclaration()) {
        report_at(program.front, instruction,
                  "function " + target->getName().str() + " cannot be inlined: is it recursive?");
      }
    }
  }
}

}  // namespace redbee::cc
