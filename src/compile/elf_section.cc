#include "src/compile/elf_section.h"

#include <elf.h>

#include <cstring>

#include "src/base/text.h"

namespace redbee {
namespace {

// A copy of a T at `offset`, aligned for the caller; nothing when it is not all there.
template <typename T>
std::optional<T> read_at(std::string_view bytes, uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::optional<std::string_view> content_of(std::string_view bytes, const Elf64_Shdr& section) {
  if (section.sh_offset > bytes.size() || bytes.size() - section.sh_offset < section.sh_size) {
    return std::nullopt;
  }
  return bytes.substr(section.sh_offset, section.sh_size);
}

std::string_view name_at(std::string_view names, uint64_t offset) {
  if (offset >= names.size()) return {};
  names.remove_prefix(offset);
  return names.substr(0, names.find('\0'));
}

Result<Elf64_Ehdr> read_header(std::string_view bytes) {
  auto header = read_at<Elf64_Ehdr>(bytes, 0);
  if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
    return fail(Errc::invalid_argument, "not an ELF file");
  }
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
      header->e_machine != EM_BPF) {
    return fail(Errc::invalid_argument, "not a little-endian BPF object");
  }
  return *header;
}

}  // namespace

Result<std::optional<std::string_view>> find_elf_section(std::string_view bytes, std::string_view name) {
  Elf64_Ehdr header = TRY(read_header(bytes));
  auto section_at = [&](uint32_t i) {
    return read_at<Elf64_Shdr>(bytes, header.e_shoff + uint64_t{i} * sizeof(Elf64_Shdr));
  };
  auto names_section = section_at(header.e_shstrndx);
  auto names = names_section ? content_of(bytes, *names_section) : std::nullopt;
  if (!names) return fail(Errc::invalid_argument, "ELF file without section names");
  for (uint32_t i = 0; i < header.e_shnum; i++) {
    auto section = section_at(i);
    if (!section) return fail(Errc::invalid_argument, "ELF file cut short");
    if (name_at(*names, section->sh_name) != name) continue;
    auto content = content_of(bytes, *section);
    if (!content) return fail(Errc::invalid_argument, cat("ELF section ", name, " cut short"));
    return content;
  }
  return std::optional<std::string_view>();
}

}  // namespace redbee
