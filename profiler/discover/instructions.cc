#include "profiler/discover/instructions.h"

#include <algorithm>
#include <array>

namespace redbee::profiler {
namespace {

constexpr size_t kLongestInstruction = 15;
constexpr int kLongestPltEntry = 3;  // endbr64, bnd jmp, nop

// Of each general register its parts, widest first.
constexpr std::array<std::array<x86_reg, 5>, 16> kParts = {{
    {X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH},
    {X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH},
    {X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH},
    {X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH},
    {X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL},
    {X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL},
    {X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL},
    {X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL},
    {X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B},
    {X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B},
    {X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B},
    {X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B},
    {X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B},
    {X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B},
    {X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B},
    {X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B},
}};

}  // namespace

int general_register(unsigned reg) {
  if (reg == X86_REG_INVALID) return -1;
  const auto found = std::ranges::find_if(kParts, [&](const auto& parts) {
    return std::ranges::find(parts, static_cast<x86_reg>(reg)) != parts.end();
  });
  return found == kParts.end() ? -1 : static_cast<int>(found - kParts.begin());
}

bool is_second_byte(unsigned reg) {
  return reg == X86_REG_AH || reg == X86_REG_BH || reg == X86_REG_CH || reg == X86_REG_DH;
}

Instructions::Instructions(const ElfImage& image) : image_(image) {
  if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle_) != CS_ERR_OK) handle_ = 0;
  else cs_option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
}

Instructions::~Instructions() {
  decoded_.clear();
  if (handle_) cs_close(&handle_);
}

const cs_insn* Instructions::at(uint64_t address) {
  if (!handle_) return nullptr;
  const auto [found, is_new] = decoded_.try_emplace(address);
  if (!is_new) return found->second.get();
  const auto bytes = image_.bytes_at(address, kLongestInstruction);
  const uint8_t* code = bytes.data();
  size_t size = bytes.size();
  uint64_t next = address;
  std::unique_ptr<cs_insn, FreeInstruction> step(cs_malloc(handle_));
  if (size && step && cs_disasm_iter(handle_, &code, &size, &next, step.get())) found->second = std::move(step);
  return found->second.get();
}

std::vector<int> Instructions::changed_registers(const cs_insn& step) const {
  cs_regs read, written;
  uint8_t reads = 0, writes = 0;
  std::vector<int> changed;
  if (cs_regs_access(handle_, &step, read, &reads, written, &writes) != CS_ERR_OK) return changed;
  for (int i = 0; i < writes; ++i)
    if (const int reg = general_register(written[i]); reg >= 0) changed.push_back(reg);
  return changed;
}

uint64_t Instructions::direct_target(const cs_insn& step) {
  const cs_x86_op& operand = step.detail->x86.operands[0];
  return operand.type == X86_OP_IMM ? static_cast<uint64_t>(operand.imm) : 0;
}

std::string_view Instructions::imported_target(const cs_insn& step) const {
  const cs_x86_op& operand = step.detail->x86.operands[0];
  if (operand.type != X86_OP_MEM || operand.mem.base != X86_REG_RIP) return {};
  return image_.relocated_symbol(step.address + step.size + static_cast<uint64_t>(operand.mem.disp));
}

std::string_view Instructions::plt_target(uint64_t stub) {
  for (int i = 0; i < kLongestPltEntry; ++i) {
    const cs_insn* step = at(stub);
    if (!step) return {};
    if (step->id == X86_INS_JMP) return imported_target(*step);
    if (step->id != X86_INS_ENDBR64 && step->id != X86_INS_NOP) return {};
    stub += step->size;
  }
  return {};
}

}  // namespace redbee::profiler
