// ElfSymbols: .symtab and .dynsym of a file, and of its separate debug file when it is stripped.
#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "redbee/symbols.h"
#include "src/base/file.h"
#include "src/base/nearest.h"
#include "src/base/text.h"
#include "src/process/debug_file.h"
#include "src/process/elf_file.h"

namespace redbee {
namespace {

struct Entry {
  uint64_t address = 0;
  uint64_t size = 0;
  uint32_t name = 0;          // offset in the names
  bool is_ifunc = false;
  bool is_function = false;
  bool is_global = false;
};

std::string_view path_inside(std::string_view path, std::string_view root) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.starts_with(root)) path.remove_prefix(root.size());
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  return path;
}

}  // namespace

struct ElfSymbols::State {
  std::string names;
  std::vector<Entry> functions;                        // by address
  std::vector<Entry> objects;
  std::vector<GElf_Phdr> segments;
  std::string build_id;
  mutable std::unordered_map<std::string_view, const Entry*> by_name;

  std::string_view name(const Entry& entry) const { return names.c_str() + entry.name; }
  void add_table(const ElfFile& file, uint32_t type);
  void sort();
  const Entry* find_named(std::string_view name) const;
};

void ElfSymbols::State::add_table(const ElfFile& file, uint32_t type) {
  auto table = file.find_section_of_type(type);
  if (!table) return;
  size_t count = table->content.size() / sizeof(Elf64_Sym);
  for (size_t i = 0; i < count; i++) {
    Elf64_Sym symbol;
    memcpy(&symbol, table->content.data() + i * sizeof symbol, sizeof symbol);
    int kind = ELF64_ST_TYPE(symbol.st_info);
    bool is_function = kind == STT_FUNC || kind == STT_GNU_IFUNC;
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0 || (!is_function && kind != STT_OBJECT)) continue;
    std::string_view text = file.string_at(table->header.sh_link, symbol.st_name);
    if (text.empty()) continue;
    Entry entry{.address = symbol.st_value,
                .size = symbol.st_size,
                .name = static_cast<uint32_t>(names.size()),
                .is_ifunc = kind == STT_GNU_IFUNC,
                .is_function = is_function,
                .is_global = ELF64_ST_BIND(symbol.st_info) != STB_LOCAL};
    names.append(text.substr(0, text.find('@'))).push_back('\0');
    (is_function ? functions : objects).push_back(entry);
  }
}

void ElfSymbols::State::sort() {
  // Of several names for one address the one that find() gives: global ones, then the shortest.
  std::stable_sort(functions.begin(), functions.end(), [&](const Entry& a, const Entry& b) {
    if (a.address != b.address) return a.address < b.address;
    if (a.is_global != b.is_global) return a.is_global;
    return name(a).size() < name(b).size();
  });
  functions.erase(std::unique(functions.begin(), functions.end(),
                              [&](const Entry& a, const Entry& b) { return a.address == b.address && name(a) == name(b); }),
                  functions.end());
}

const Entry* ElfSymbols::State::find_named(std::string_view wanted) const {
  if (by_name.empty()) {
    by_name.reserve(functions.size() + objects.size());
    for (bool is_global : {true, false}) {
      for (const auto* entries : {&functions, &objects}) {
        for (const Entry& entry : *entries) {
          if (entry.is_global == is_global) by_name.emplace(name(entry), &entry);
        }
      }
    }
  }
  auto it = by_name.find(wanted);
  return it == by_name.end() ? nullptr : it->second;
}

Result<ElfSymbols> ElfSymbols::open(const std::string& path, const DebugFiles& places) {
  ElfFile file = TRY(ElfFile::open(path));
  auto state = std::make_unique<State>();
  state->segments = file.segments();
  state->build_id = file.build_id();
  state->add_table(file, SHT_DYNSYM);
  state->add_table(file, SHT_SYMTAB);
  if (!file.find_section_of_type(SHT_SYMTAB)) {
    std::string_view inside = places.path.empty() ? path_inside(path, places.root) : path_inside(places.path, "");
    if (auto debug = find_debug_file(file, places.root, inside)) state->add_table(*debug, SHT_SYMTAB);
  }
  state->sort();
  return ElfSymbols(std::move(state));
}

ElfSymbols::ElfSymbols(std::unique_ptr<State> state) : state_(std::move(state)) {}
ElfSymbols::ElfSymbols(ElfSymbols&&) noexcept = default;
ElfSymbols& ElfSymbols::operator=(ElfSymbols&&) noexcept = default;
ElfSymbols::~ElfSymbols() = default;

const std::string& ElfSymbols::build_id() const { return state_->build_id; }

std::optional<Symbol> ElfSymbols::find(uint64_t address) const {
  const Entry* entry = find_nearest(state_->functions, address);
  if (!entry) return std::nullopt;
  // Hand-written assembly has no sizes: such a symbol reaches to the next.
  if (entry->size && address - entry->address >= entry->size) return std::nullopt;
  return Symbol{.name = std::string(state_->name(*entry)), .offset = address - entry->address};
}

std::optional<ElfSymbols::Function> ElfSymbols::find_function(std::string_view name) const {
  const Entry* entry = state_->find_named(name);
  if (!entry || !entry->is_function) return std::nullopt;
  return Function{state_->name(*entry), entry->address, entry->size, entry->is_ifunc};
}

std::optional<uint64_t> ElfSymbols::address_of(std::string_view name) const {
  const Entry* entry = state_->find_named(name);
  return entry ? std::optional(entry->address) : std::nullopt;
}

std::optional<uint64_t> ElfSymbols::file_offset(uint64_t address) const { return file_offset_of(state_->segments, address); }
std::optional<uint64_t> ElfSymbols::address_at(uint64_t offset) const { return address_of_offset(state_->segments, offset); }

void ElfSymbols::each_function(FunctionRef<void(const Function&)> fn) const {
  for (const Entry& entry : state_->functions) {
    fn(Function{state_->name(entry), entry.address, entry.size, entry.is_ifunc});
  }
}

}  // namespace redbee
