#include "profiler/resolve/unwind_table.h"

#include <elfutils/libdw.h>
#include <dwarf.h>
#include <fcntl.h>
#include <gelf.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

// DWARF's numbers of x86-64 registers (System V ABI).
constexpr int kBasePointer = 6, kStackPointer = 7, kReturnAddress = 16;
constexpr size_t kMaxRules = 1 << 16;

struct ElfCloser {
  void operator()(Elf* elf) const { elf_end(elf); }
};
struct CfiCloser {
  void operator()(Dwarf_CFI* cfi) const { dwarf_cfi_end(cfi); }
};
struct FrameFreer {
  void operator()(Dwarf_Frame* frame) const { free(frame); }
};

// A register that was saved at a distance from the CFA; `is_same`: one that was not touched.
struct SavedRegister {
  bool is_same = false;
  std::optional<int64_t> offset;
};

SavedRegister saved_register(Dwarf_Frame* frame, int number) {
  Dwarf_Op memory[3];
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_frame_register(frame, number, memory, &operations, &count) != 0) return {};
  if (count == 0) return {.is_same = operations == nullptr, .offset = {}};
  if (operations[0].atom != DW_OP_call_frame_cfa) return {};
  if (count == 1) return {.is_same = false, .offset = 0};
  if (count == 2 && operations[1].atom == DW_OP_plus_uconst)
    return {.is_same = false, .offset = static_cast<int64_t>(operations[1].number)};
  return {};
}

std::optional<UnwindRule> read_rule(Dwarf_Frame* frame) {
  UnwindRule rule;
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_frame_cfa(frame, &operations, &count) != 0 || count != 1 || operations[0].atom != DW_OP_bregx)
    return std::nullopt;
  const auto base = static_cast<int>(operations[0].number);
  if (base != kStackPointer && base != kBasePointer) return std::nullopt;
  rule.is_from_base_pointer = base == kBasePointer;
  rule.cfa_offset = static_cast<int64_t>(operations[0].number2);
  if (saved_register(frame, kReturnAddress).offset != -8) return std::nullopt;
  rule.saved_base = saved_register(frame, kBasePointer).offset;
  return rule;
}

// The sorted starts of all functions from .eh_frame_hdr, in the form that linkers write: a table of
// 32-bit numbers relative to the header (Linux Standard Base, 10.6.2).
std::vector<uint64_t> function_starts(std::string_view file, const GElf_Phdr& header) {
  constexpr std::string_view kForm("\x01\x1b\x03\x3b", 4);
  std::vector<uint64_t> starts;
  if (header.p_offset + 12 > file.size() || file.substr(header.p_offset, 4) != kForm) return starts;
  uint32_t count;
  std::memcpy(&count, file.data() + header.p_offset + 8, sizeof count);
  if (count > (file.size() - header.p_offset - 12) / 8) return starts;
  for (uint32_t i = 0; i < count; ++i) {
    int32_t start;
    std::memcpy(&start, file.data() + header.p_offset + 12 + 8 * size_t{i}, sizeof start);
    starts.push_back(header.p_vaddr + static_cast<uint64_t>(int64_t{start}));
  }
  return starts;
}

}  // namespace

struct UnwindTable::State {
  UniqueFd fd;
  std::unique_ptr<Elf, ElfCloser> elf;
  std::unique_ptr<Dwarf_CFI, CfiCloser> cfi;
  std::vector<GElf_Phdr> segments;
  std::vector<uint64_t> functions;
  std::unordered_map<uint64_t, std::optional<UnwindRule>> rules;  // those asked for
};

Result<UnwindTable> UnwindTable::open(const std::string& path) {
  elf_version(EV_CURRENT);
  auto state = std::make_unique<State>();
  state->fd = TRY(open_file(path, O_RDONLY));
  state->elf.reset(elf_begin(state->fd.get(), ELF_C_READ_MMAP, nullptr));
  if (!state->elf || elf_kind(state->elf.get()) != ELF_K_ELF)
    return fail(Errc::invalid_argument, cat("read ", path, ": not an ELF file"));
  size_t bytes = 0, headers = 0;
  const char* raw = elf_rawfile(state->elf.get(), &bytes);
  elf_getphdrnum(state->elf.get(), &headers);
  for (size_t i = 0; i < headers; ++i) {
    GElf_Phdr header;
    if (!gelf_getphdr(state->elf.get(), static_cast<int>(i), &header)) continue;
    if (header.p_type == PT_LOAD) state->segments.push_back(header);
    if (header.p_type == PT_GNU_EH_FRAME && raw) state->functions = function_starts({raw, bytes}, header);
  }
  state->cfi.reset(dwarf_getcfi_elf(state->elf.get()));
  if (!state->cfi) return fail(Errc::not_found, cat(path, " has no .eh_frame"));
  return UnwindTable(std::move(state));
}

UnwindTable::UnwindTable(std::unique_ptr<State> state) : state_(std::move(state)) {}
UnwindTable::UnwindTable(UnwindTable&&) noexcept = default;
UnwindTable& UnwindTable::operator=(UnwindTable&&) noexcept = default;
UnwindTable::~UnwindTable() = default;

std::optional<UnwindRule> UnwindTable::rule_at(uint64_t address) {
  if (state_->rules.size() > kMaxRules) state_->rules.clear();
  const auto [found, is_new] = state_->rules.try_emplace(address);
  if (is_new) {
    Dwarf_Frame* frame = nullptr;
    if (dwarf_cfi_addrframe(state_->cfi.get(), address, &frame) == 0) {
      const std::unique_ptr<Dwarf_Frame, FrameFreer> owner(frame);
      found->second = read_rule(frame);
    }
  }
  return found->second;
}

std::optional<uint64_t> UnwindTable::function_at(uint64_t address) const {
  const auto after = std::ranges::upper_bound(state_->functions, address);
  if (after == state_->functions.begin()) return std::nullopt;
  return *std::prev(after);
}

std::optional<uint64_t> UnwindTable::address_of_offset(uint64_t file_offset) const {
  for (const GElf_Phdr& segment : state_->segments)
    if (file_offset >= segment.p_offset && file_offset < segment.p_offset + segment.p_filesz)
      return file_offset - segment.p_offset + segment.p_vaddr;
  return std::nullopt;
}

}  // namespace redbee::profiler
