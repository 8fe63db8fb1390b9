// For tests: the smallest file that an Image can be.
#pragma once

#include <elf.h>

#include <cstring>
#include <string>
#include <string_view>

namespace redbee {

// A BPF ELF file with one section `name`.
inline std::string elf_with(std::string_view name, std::string_view content) {
  Elf64_Ehdr header{};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_machine = EM_BPF;
  header.e_type = ET_REL;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shstrndx = 2;
  header.e_shoff = sizeof header;
  std::string names = std::string("\0", 1) + std::string(name) + '\0' + ".shstrtab" + '\0';
  Elf64_Shdr sections[3]{};
  uint64_t data = sizeof header + sizeof sections;
  sections[1].sh_name = 1;
  sections[1].sh_offset = data;
  sections[1].sh_size = content.size();
  sections[2].sh_name = static_cast<uint32_t>(name.size() + 2);
  sections[2].sh_offset = data + content.size();
  sections[2].sh_size = names.size();
  std::string bytes(reinterpret_cast<char*>(&header), sizeof header);
  bytes.append(reinterpret_cast<char*>(sections), sizeof sections);
  return bytes.append(content).append(names);
}

}  // namespace redbee
