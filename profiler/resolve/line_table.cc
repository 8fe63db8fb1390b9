#include "profiler/resolve/line_table.h"

#include <bit>

namespace redbee::profiler {
namespace {

using enum LayoutField;

constexpr uint64_t kImmediatePositions = 54;
constexpr uint64_t kHeadBytes = 48, kBlockBytes = 80, kBlockPositions = 512;

// iseq.c, succ_index_lookup: 54 positions as 7-bit numbers, then blocks of 512 bits with ranks.
uint32_t succinct_index(const Memory& memory, uint64_t table, uint64_t position) {
  if (position < kImmediatePositions)
    return memory.pointer(table + 8 * (position / 9)) >> (7 * (position % 9)) & 0x7f;
  const uint64_t offset = position - kImmediatePositions;
  struct {
    uint32_t rank, padding;
    uint64_t small_ranks;
    uint64_t bits[8];
  } block;
  if (!memory.read(table + kHeadBytes + kBlockBytes * (offset / kBlockPositions), &block, sizeof block))
    return 0;
  const uint64_t word = offset % kBlockPositions / 64, bit = offset % 64;
  const uint32_t small = word ? block.small_ranks >> (9 * (word - 1)) & 0x1ff : 0;
  return block.rank + small + std::popcount(block.bits[word] << (63 - bit));
}

}  // namespace

int32_t find_line(const Memory& memory, const Layout& layout, uint64_t body, uint64_t pc) {
  const uint64_t encoded = memory.pointer(body + layout[body_iseq_encoded]);
  const uint32_t code_size = memory.get<uint32_t>(body + layout[body_iseq_size]).value_or(0);
  if (!encoded || pc < encoded || pc > encoded + 8ULL * code_size) return 0;
  uint64_t info[4];  // body, positions, size, succ_index_table
  if (!memory.read(body + layout[body_insns_info], info, sizeof info)) return 0;
  const auto entries = static_cast<uint32_t>(info[2]);
  if (!entries) return 0;
  uint64_t position = (pc - encoded) / 8;
  if (position) --position;  // the pc points behind the instruction
  const uint32_t index = entries == 1 ? 1 : succinct_index(memory, info[3], position);
  if (index == 0 || index > entries) return 0;
  return memory.get<int32_t>(info[0] + uint64_t{index - 1} * layout[insn_info_size]).value_or(0);
}

}  // namespace redbee::profiler
