#include "src/process/elf_file.h"

#include <fcntl.h>

#include <cstring>

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee {

Result<ElfFile> ElfFile::open(const std::string& path) {
  elf_version(EV_CURRENT);
  UniqueFd fd = TRY(open_file(path, O_RDONLY));
  Elf* elf = elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr);
  if (!elf) return fail(Errc::invalid_argument, cat("read ", path, ": ", elf_errmsg(-1)));
  ElfFile file(std::move(fd), elf);
  if (elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64) {
    return fail(Errc::invalid_argument, cat(path, " is not a 64-bit ELF file"));
  }
  return file;
}

std::optional<ElfFile::Section> ElfFile::read_section(Elf_Scn* scn) const {
  Section section;
  if (!gelf_getshdr(scn, &section.header)) return std::nullopt;
  Elf_Data* data = section.header.sh_type == SHT_NOBITS ? nullptr : elf_getdata(scn, nullptr);
  if (data && data->d_buf) section.content = {static_cast<const char*>(data->d_buf), data->d_size};
  return section;
}

std::optional<ElfFile::Section> ElfFile::find_section(std::string_view name) const {
  size_t names;
  if (elf_getshdrstrndx(get(), &names) != 0) return std::nullopt;
  for (Elf_Scn* scn = elf_nextscn(get(), nullptr); scn; scn = elf_nextscn(get(), scn)) {
    GElf_Shdr header;
    if (gelf_getshdr(scn, &header) && string_at(names, header.sh_name) == name) return read_section(scn);
  }
  return std::nullopt;
}

std::optional<ElfFile::Section> ElfFile::find_section_of_type(uint32_t type) const {
  for (Elf_Scn* scn = elf_nextscn(get(), nullptr); scn; scn = elf_nextscn(get(), scn)) {
    GElf_Shdr header;
    if (gelf_getshdr(scn, &header) && header.sh_type == type) return read_section(scn);
  }
  return std::nullopt;
}

std::string_view ElfFile::string_at(size_t section, size_t offset) const {
  const char* text = elf_strptr(get(), section, offset);
  return text ? text : "";
}

std::vector<GElf_Phdr> ElfFile::segments() const {
  std::vector<GElf_Phdr> segments;
  size_t count = 0;
  if (elf_getphdrnum(get(), &count) != 0) return segments;
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr header;
    if (gelf_getphdr(get(), static_cast<int>(i), &header) && header.p_type == PT_LOAD) segments.push_back(header);
  }
  return segments;
}

std::string ElfFile::build_id() const {
  auto section = find_section(".note.gnu.build-id");
  constexpr size_t kHeader = sizeof(Elf64_Nhdr) + 4;   // with the name "GNU\0"
  if (!section || section->content.size() <= kHeader) return "";
  Elf64_Nhdr note;
  memcpy(&note, section->content.data(), sizeof note);
  std::string_view id = section->content.substr(kHeader, note.n_descsz);
  return hex(id.data(), id.size());
}

std::optional<uint64_t> file_offset_of(const std::vector<GElf_Phdr>& segments, uint64_t address) {
  for (const GElf_Phdr& segment : segments) {
    if (address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz) continue;
    return address - segment.p_vaddr + segment.p_offset;
  }
  return std::nullopt;
}

std::optional<uint64_t> address_of_offset(const std::vector<GElf_Phdr>& segments, uint64_t offset) {
  // Pages are mapped whole: neighbours share a page of the file, and code's claim goes first.
  for (bool wants_code : {true, false}) {
    for (const GElf_Phdr& segment : segments) {
      if (((segment.p_flags & PF_X) != 0) != wants_code) continue;
      if (offset < segment.p_offset || offset - segment.p_offset >= segment.p_filesz) continue;
      return offset - segment.p_offset + segment.p_vaddr;
    }
  }
  return std::nullopt;
}

}  // namespace redbee
