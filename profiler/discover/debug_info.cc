#include "profiler/discover/debug_info.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <map>
#include <string>

#include "src/base/text.h"

namespace redbee::profiler {
namespace {

// The structures that layout_fields.def names, each by its definition's DIE.
using Structures = std::map<std::string, Dwarf_Die, std::less<>>;

bool is_wanted(std::string_view structure) {
  for (int i = 0; i < static_cast<int>(LayoutField::count); ++i)
    if (debug_path(static_cast<LayoutField>(i)).structure == structure) return true;
  return false;
}

void collect_structures(Dwarf* dwarf, Structures* structures) {
  Dwarf_Off offset = 0, next = 0;
  size_t header = 0;
  while (dwarf_nextcu(dwarf, offset, &next, &header, nullptr, nullptr, nullptr) == 0) {
    Dwarf_Die unit, die;
    if (dwarf_offdie(dwarf, offset + header, &unit) && dwarf_child(&unit, &die) == 0) do {
        if (dwarf_tag(&die) != DW_TAG_structure_type || !dwarf_diename(&die) ||
            dwarf_hasattr(&die, DW_AT_declaration))
          continue;
        const std::string_view name = dwarf_diename(&die);
        if (is_wanted(name)) structures->emplace(name, die);
      } while (dwarf_siblingof(&die, &die) == 0);
    offset = next;
  }
}

bool type_of(Dwarf_Die* die, Dwarf_Die* type) {
  Dwarf_Attribute attribute;
  return dwarf_attr_integrate(die, DW_AT_type, &attribute) && dwarf_formref_die(&attribute, type) &&
         dwarf_peel_type(type, type) == 0;
}

std::optional<int64_t> member_offset(Dwarf_Die structure, std::string_view path);

// `path` within one member: the member itself, or inside a nameless struct or union.
std::optional<int64_t> offset_in(Dwarf_Die* member, std::string_view path) {
  Dwarf_Attribute attribute;
  Dwarf_Word at = 0, bit = 0;
  if (dwarf_attr(member, DW_AT_data_member_location, &attribute)) dwarf_formudata(&attribute, &at);
  else if (dwarf_attr(member, DW_AT_data_bit_offset, &attribute) && dwarf_formudata(&attribute, &bit) == 0)
    at = bit / 8;
  const char* name = dwarf_diename(member);
  const size_t dot = path.find('.');
  Dwarf_Die type;
  if (name && path.substr(0, dot) != name) return std::nullopt;
  if (name && dot == path.npos) return at;
  if (!type_of(member, &type)) return std::nullopt;
  const auto inner = member_offset(type, name ? path.substr(dot + 1) : path);
  return inner ? std::optional<int64_t>(static_cast<int64_t>(at) + *inner) : std::nullopt;
}

std::optional<int64_t> member_offset(Dwarf_Die structure, std::string_view path) {
  Dwarf_Die child;
  if (dwarf_child(&structure, &child) != 0) return std::nullopt;
  do {
    if (dwarf_tag(&child) != DW_TAG_member) continue;
    if (const auto offset = offset_in(&child, path)) return offset;
  } while (dwarf_siblingof(&child, &child) == 0);
  return std::nullopt;
}

std::optional<int64_t> look_up(const Structures& structures, DebugPath path) {
  const auto found = structures.find(path.structure);
  if (found == structures.end()) return std::nullopt;
  Dwarf_Die die = found->second;
  if (path.member == "sizeof") return dwarf_bytesize(&die);
  for (std::string_view member : split(path.member, '|'))
    if (const auto offset = member_offset(die, member)) return offset;
  return std::nullopt;
}

}  // namespace

int apply_debug_info(const ElfImage& image, Layout* layout) {
  const ElfFile* file = image.debug_info();
  Dwarf* dwarf = file ? dwarf_begin_elf(file->get(), DWARF_C_READ, nullptr) : nullptr;
  if (!dwarf) return 0;
  Structures structures;
  collect_structures(dwarf, &structures);
  int found = 0;
  for (int i = 0; i < static_cast<int>(LayoutField::count); ++i) {
    const auto field = static_cast<LayoutField>(i);
    const DebugPath path = debug_path(field);
    if (path.structure.empty()) continue;
    if (const auto value = look_up(structures, path); value && *value >= 0) {
      layout->set(field, *value, FactSource::debug_info);
      ++found;
    }
  }
  dwarf_end(dwarf);
  return found;
}

}  // namespace redbee::profiler
