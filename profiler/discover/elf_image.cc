#include "profiler/discover/elf_image.h"

#include <cstring>

#include "src/process/debug_file.h"

namespace redbee::profiler {
namespace {

template <typename T>
void each_entry(std::string_view content, const auto& take) {
  for (size_t at = 0; at + sizeof(T) <= content.size(); at += sizeof(T)) {
    T entry;
    std::memcpy(&entry, content.data() + at, sizeof entry);
    take(entry);
  }
}

bool has_debug_info(const ElfFile& file) {
  const auto section = file.find_section(".debug_info");
  return section && section->header.sh_type != SHT_NOBITS;
}

}  // namespace

Result<ElfImage> ElfImage::open(const std::string& path) {
  ElfImage image(TRY(ElfFile::open(path)), path);
  image.read_headers();
  image.read_symbols(image.file_, SHT_DYNSYM);
  image.read_symbols(image.file_, SHT_SYMTAB);
  image.read_relocations();
  return image;
}

void ElfImage::read_headers() {
  gelf_getehdr(file_.get(), &header_);
  segments_ = file_.segments();
  is_program_ = !is_position_independent();
  size_t count = 0;
  elf_getphdrnum(file_.get(), &count);
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (!gelf_getphdr(file_.get(), static_cast<int>(i), &segment)) continue;
    is_program_ |= segment.p_type == PT_INTERP;
    if (segment.p_type == PT_TLS && segment.p_align)
      tls_offset_ = -static_cast<int64_t>((segment.p_memsz + segment.p_align - 1) & ~(segment.p_align - 1));
  }
}

void ElfImage::read_symbols(const ElfFile& file, uint32_t type) {
  const auto table = file.find_section_of_type(type);
  if (!table) return;
  each_entry<Elf64_Sym>(table->content, [&](const Elf64_Sym& symbol) {
    const int kind = ELF64_ST_TYPE(symbol.st_info);
    if (symbol.st_shndx == SHN_UNDEF || (kind != STT_FUNC && kind != STT_OBJECT && kind != STT_TLS && kind != STT_NOTYPE))
      return;
    const std::string_view name = file.string_at(table->header.sh_link, symbol.st_name);
    if (!name.empty()) symbols_.emplace(name, ElfSymbol{symbol.st_value, symbol.st_size, kind == STT_TLS});
  });
}

void ElfImage::read_relocations() {
  const auto names = file_.find_section_of_type(SHT_DYNSYM);
  if (!names) return;
  for (const char* section : {".rela.dyn", ".rela.plt"}) {
    const auto table = file_.find_section(section);
    if (!table) continue;
    each_entry<Elf64_Rela>(table->content, [&](const Elf64_Rela& relocation) {
      const size_t at = ELF64_R_SYM(relocation.r_info) * sizeof(Elf64_Sym);
      if (!at || at + sizeof(Elf64_Sym) > names->content.size()) return;
      Elf64_Sym symbol;
      std::memcpy(&symbol, names->content.data() + at, sizeof symbol);
      const std::string_view name = file_.string_at(names->header.sh_link, symbol.st_name);
      if (!name.empty()) relocations_.emplace(relocation.r_offset, name);
    });
  }
}

void ElfImage::add_debug_file(const std::string& path, const std::string& root) {
  if (has_debug_info(file_)) return;
  std::optional<ElfFile> debug = find_debug_file(file_, root, path);
  if (!debug || !has_debug_info(*debug)) return;
  read_symbols(*debug, SHT_SYMTAB);
  debug_file_ = std::move(*debug);
}

const ElfFile* ElfImage::debug_info() const {
  if (debug_file_) return &*debug_file_;
  return has_debug_info(file_) ? &file_ : nullptr;
}

std::optional<ElfSymbol> ElfImage::find_symbol(std::string_view symbol) const {
  const auto found = symbols_.find(symbol);
  if (found == symbols_.end()) return std::nullopt;
  return found->second;
}

std::span<const uint8_t> ElfImage::bytes_at(uint64_t address, size_t size) const {
  size_t all = 0;
  const char* raw = elf_rawfile(file_.get(), &all);
  for (const GElf_Phdr& segment : segments_) {
    if (address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz) continue;
    const uint64_t skip = address - segment.p_vaddr, from = segment.p_offset + skip;
    if (!raw || from >= all) return {};
    const uint64_t here = std::min<uint64_t>(segment.p_filesz - skip, all - from);
    return {reinterpret_cast<const uint8_t*>(raw) + from, std::min<uint64_t>(size, here)};
  }
  return {};
}

std::string_view ElfImage::relocated_symbol(uint64_t got_address) const {
  const auto found = relocations_.find(got_address);
  return found == relocations_.end() ? std::string_view() : found->second;
}

}  // namespace redbee::profiler
