// An ELF file opened for reading with libelf, and the few questions asked of it.
#pragma once

#include <gelf.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"
#include "src/base/unique_fd.h"

namespace redbee {

class ElfFile {
 public:
  static Result<ElfFile> open(const std::string& path);

  Elf* get() const { return elf_.get(); }
  // The first section of that name; the content is empty for one without bytes.
  struct Section {
    GElf_Shdr header;
    std::string_view content;
  };
  std::optional<Section> find_section(std::string_view name) const;
  std::optional<Section> find_section_of_type(uint32_t type) const;
  std::string_view string_at(size_t section, size_t offset) const;
  std::vector<GElf_Phdr> segments() const;
  std::string build_id() const;   // hex, or empty

 private:
  struct EndElf {
    void operator()(Elf* elf) const { elf_end(elf); }
  };
  ElfFile(UniqueFd fd, Elf* elf) : fd_(std::move(fd)), elf_(elf) {}
  std::optional<Section> read_section(Elf_Scn* scn) const;

  UniqueFd fd_;
  std::unique_ptr<Elf, EndElf> elf_;
};

// Where an address of the file is in it, and back, by its loadable segments.
std::optional<uint64_t> file_offset_of(const std::vector<GElf_Phdr>& segments, uint64_t address);
std::optional<uint64_t> address_of_offset(const std::vector<GElf_Phdr>& segments, uint64_t offset);

}  // namespace redbee
