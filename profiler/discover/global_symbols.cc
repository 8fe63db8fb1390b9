#include "profiler/discover/global_symbols.h"

#include <algorithm>
#include <vector>

namespace redbee::profiler {
namespace {

constexpr uint64_t kIdsPerUnit = 512;  // symbol.c, ID_ENTRY_UNIT
constexpr int kIdScopeShift = 4;
constexpr size_t kPage = 4096;

// Data of a segment, with zeros where a page cannot be read.
std::vector<uint64_t> read_words(const Memory& memory, uint64_t address, size_t bytes) {
  std::vector<uint64_t> words(bytes / 8);
  if (memory.read(address, words.data(), words.size() * 8)) return words;
  for (size_t at = 0; at + kPage <= words.size() * 8; at += kPage)
    memory.read(address + at, words.data() + at / 8, kPage);
  return words;
}

// {last_id (a count of names), table or set, array of ids}: the array has a unit of 512 names for
// every 512 up to last_id, and the first unit names the operators.
bool looks_like_symbols(const Memory& memory, const Layout& layout, const uint64_t* words,
                        uint64_t address) {
  const uint64_t last_id = words[0] & 0xffffffff;
  if (last_id < 300 || last_id > 50'000'000 || words[0] >> 32) return false;
  if (!RubyObjects::is_heap_object(words[1])) return false;
  const std::optional<ArrayElements> ids =
      RubyObjects(memory, layout).array(words[layout[LayoutField::symbols_ids] / 8]);
  if (!ids || ids->count < last_id / kIdsPerUnit || ids->count > last_id / kIdsPerUnit + 64)
    return false;
  const GlobalSymbols symbols(memory, layout, address);
  // An ID past the operators: serial << 4. Some are holes, so the neighbours count too.
  for (uint64_t serial = last_id - 1; serial > last_id - 32; --serial)
    if (const auto name = symbols.name(serial << kIdScopeShift); name && !name->empty()) return true;
  return false;
}

}  // namespace

std::optional<std::string> GlobalSymbols::name(uint64_t id) const {
  if (!address_) return std::nullopt;
  const auto last_operator = static_cast<uint64_t>(layout_[LayoutField::symbols_last_operator_id]);
  const uint64_t serial = id > last_operator ? id >> kIdScopeShift : id;
  const RubyObjects objects(memory_, layout_);
  const auto units =
      objects.array(memory_.pointer(address_ + layout_[LayoutField::symbols_ids]));
  if (!units || serial / kIdsPerUnit >= units->count) return std::nullopt;
  const auto unit = objects.array(memory_.pointer(units->address + 8 * (serial / kIdsPerUnit)));
  const uint64_t slot = serial % kIdsPerUnit * 2;  // the string, then its symbol
  if (!unit || slot >= unit->count) return std::nullopt;
  return objects.string(memory_.pointer(unit->address + 8 * slot));
}

uint64_t scan_for_global_symbols(const Memory& memory, const Layout& layout, const ElfImage& image,
                                 uint64_t bias) {
  for (const GElf_Phdr& segment : image.segments()) {
    if (!(segment.p_flags & PF_W)) continue;
    const uint64_t start = (segment.p_vaddr + 7) & ~7ULL;
    const std::vector<uint64_t> words =
        read_words(memory, bias + start, segment.p_memsz - (start - segment.p_vaddr));
    for (size_t i = 0; i + 4 < words.size(); ++i)
      if (looks_like_symbols(memory, layout, &words[i], bias + start + 8 * i))
        return bias + start + 8 * i;
  }
  return 0;
}

}  // namespace redbee::profiler
