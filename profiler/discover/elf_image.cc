#include "profiler/discover/elf_image.h"

#include <gelf.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstring>

#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee::profiler {

struct ElfImage::State {
  UniqueFd file;
  std::string name;
  Elf* elf = nullptr;
  const uint8_t* data = nullptr;
  size_t size = 0;
  GElf_Ehdr header{};
  std::vector<ElfSegment> segments;
  std::map<std::string, ElfSymbol, std::less<>> symbols;
  std::map<uint64_t, std::string> relocations;
  int64_t tls_offset = 0;
  std::string build_id, debug_link;
  bool has_debug_info = false;

  ~State() {
    if (elf) elf_end(elf);
    if (data) munmap(const_cast<uint8_t*>(data), size);
  }
};

namespace {

void read_segments(Elf* elf, std::vector<ElfSegment>* segments, int64_t* tls_offset) {
  size_t count = 0;
  elf_getphdrnum(elf, &count);
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (!gelf_getphdr(elf, static_cast<int>(i), &header)) continue;
    if (header.p_type == PT_TLS && header.p_align)
      *tls_offset = -static_cast<int64_t>((header.p_memsz + header.p_align - 1) &
                                          ~(header.p_align - 1));
    if (header.p_type != PT_LOAD) continue;
    segments->push_back({header.p_vaddr, header.p_memsz, header.p_filesz, header.p_offset,
                         (header.p_flags & PF_W) != 0, (header.p_flags & PF_X) != 0});
  }
}

void read_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header,
                  std::map<std::string, ElfSymbol, std::less<>>* symbols) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (!data || !header.sh_entsize) return;
  for (size_t i = 0; i < header.sh_size / header.sh_entsize; ++i) {
    GElf_Sym symbol;
    if (!gelf_getsym(data, static_cast<int>(i), &symbol) || symbol.st_shndx == SHN_UNDEF) continue;
    const int type = GELF_ST_TYPE(symbol.st_info);
    if (type != STT_FUNC && type != STT_OBJECT && type != STT_TLS && type != STT_NOTYPE) continue;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name && *name)
      symbols->emplace(name, ElfSymbol{symbol.st_value, symbol.st_size, type == STT_TLS});
  }
}

void read_relocations(Elf* elf, Elf_Scn* section, const GElf_Shdr& header,
                      std::map<uint64_t, std::string>* relocations) {
  Elf_Data* data = elf_getdata(section, nullptr);
  Elf_Scn* symbol_section = elf_getscn(elf, header.sh_link);
  GElf_Shdr symbol_header;
  if (!data || !header.sh_entsize || !symbol_section ||
      !gelf_getshdr(symbol_section, &symbol_header))
    return;
  Elf_Data* symbols = elf_getdata(symbol_section, nullptr);
  for (size_t i = 0; i < header.sh_size / header.sh_entsize; ++i) {
    GElf_Rela relocation;
    GElf_Sym symbol;
    if (!gelf_getrela(data, static_cast<int>(i), &relocation)) continue;
    const auto index = static_cast<int>(GELF_R_SYM(relocation.r_info));
    if (!index || !symbols || !gelf_getsym(symbols, index, &symbol)) continue;
    const char* name = elf_strptr(elf, symbol_header.sh_link, symbol.st_name);
    if (name && *name) relocations->emplace(relocation.r_offset, name);
  }
}

// The GNU build-id among the notes of a section.
std::string find_build_id(Elf_Scn* section) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (!data) return {};
  GElf_Nhdr note;
  size_t name_at = 0, value_at = 0, at = 0;
  while ((at = gelf_getnote(data, at, &note, &name_at, &value_at)) > 0) {
    const char* bytes = static_cast<const char*>(data->d_buf);
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(bytes + name_at, "GNU", 4) == 0)
      return hex(bytes + value_at, note.n_descsz);
  }
  return {};
}

}  // namespace

ElfImage::ElfImage(std::unique_ptr<State> state) : state_(std::move(state)) {}
ElfImage::ElfImage(ElfImage&&) noexcept = default;
ElfImage& ElfImage::operator=(ElfImage&&) noexcept = default;
ElfImage::~ElfImage() = default;

Result<ElfImage> ElfImage::open(UniqueFd file, std::string name) {
  elf_version(EV_CURRENT);
  auto state = std::make_unique<State>();
  struct stat status;
  if (fstat(file.get(), &status) < 0) return os_error(cat("stat ", name));
  state->size = static_cast<size_t>(status.st_size);
  void* data = mmap(nullptr, state->size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return os_error(cat("map ", name));
  state->data = static_cast<const uint8_t*>(data);
  state->file = std::move(file);
  state->name = std::move(name);
  state->elf = elf_begin(state->file.get(), ELF_C_READ_MMAP, nullptr);
  if (!state->elf || elf_kind(state->elf) != ELF_K_ELF ||
      !gelf_getehdr(state->elf, &state->header))
    return fail(Errc::invalid_argument, cat(state->name, " is not an ELF file"));
  read_segments(state->elf, &state->segments, &state->tls_offset);
  size_t names = 0;
  elf_getshdrstrndx(state->elf, &names);
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(state->elf, section));) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header)) continue;
    const char* section_name = elf_strptr(state->elf, names, header.sh_name);
    if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB)
      read_symbols(state->elf, section, header, &state->symbols);
    if (header.sh_type == SHT_RELA)
      read_relocations(state->elf, section, header, &state->relocations);
    if (header.sh_type == SHT_NOTE && state->build_id.empty())
      state->build_id = find_build_id(section);
    if (section_name && std::strcmp(section_name, ".debug_info") == 0)
      state->has_debug_info = header.sh_type != SHT_NOBITS;
    if (section_name && std::strcmp(section_name, ".gnu_debuglink") == 0) {
      Elf_Data* link = elf_getdata(section, nullptr);
      if (link && link->d_size)
        state->debug_link.assign(static_cast<const char*>(link->d_buf),
                                 strnlen(static_cast<const char*>(link->d_buf), link->d_size));
    }
  }
  return ElfImage(std::move(state));
}

const std::string& ElfImage::name() const { return state_->name; }
bool ElfImage::is_position_independent() const { return state_->header.e_type == ET_DYN; }
const std::vector<ElfSegment>& ElfImage::segments() const { return state_->segments; }
const std::map<std::string, ElfSymbol, std::less<>>& ElfImage::symbols() const {
  return state_->symbols;
}
int64_t ElfImage::tls_block_offset() const { return state_->tls_offset; }
std::string ElfImage::build_id() const { return state_->build_id; }
std::string ElfImage::debug_link() const { return state_->debug_link; }
bool ElfImage::has_debug_info() const { return state_->has_debug_info; }
int ElfImage::fd() const { return state_->file.get(); }

std::optional<ElfSymbol> ElfImage::find_symbol(std::string_view symbol) const {
  const auto found = state_->symbols.find(symbol);
  if (found == state_->symbols.end()) return std::nullopt;
  return found->second;
}

std::span<const uint8_t> ElfImage::bytes_at(uint64_t address, size_t size) const {
  for (const ElfSegment& segment : state_->segments) {
    if (address < segment.address || address >= segment.address + segment.file_size) continue;
    const uint64_t skip = address - segment.address;
    const uint64_t from = segment.offset + skip;
    if (from >= state_->size) return {};
    const uint64_t here = std::min(segment.file_size - skip, state_->size - from);
    return {state_->data + from, std::min<uint64_t>(size, here)};
  }
  return {};
}

std::string_view ElfImage::relocated_symbol(uint64_t got_address) const {
  const auto found = state_->relocations.find(got_address);
  return found == state_->relocations.end() ? std::string_view() : found->second;
}

}  // namespace redbee::profiler
