// An ELF file with what finding Ruby in it needs: symbols, code bytes, the names behind GOT entries,
// debug information. Addresses are those of the file; the process adds the load bias.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/process/elf_file.h"

namespace redbee::profiler {

struct ElfSymbol {
  uint64_t address = 0;
  uint64_t size = 0;
  bool is_thread_local = false;
};

class ElfImage {
 public:
  static Result<ElfImage> open(const std::string& path);

  const std::string& name() const { return name_; }
  bool is_position_independent() const { return header_.e_type == ET_DYN; }
  // A program rather than a library: its thread-local block lies at a constant distance.
  bool is_program() const { return is_program_; }
  const std::vector<GElf_Phdr>& segments() const { return segments_; }
  std::optional<ElfSymbol> find_symbol(std::string_view symbol) const;
  // The bytes from `address` on, as far as the file has them; at most `size`.
  std::span<const uint8_t> bytes_at(uint64_t address, size_t size) const;
  // The function whose address is to be written at `got_address` by the dynamic linker.
  std::string_view relocated_symbol(uint64_t got_address) const;
  // The start of a program's TLS block relative to the thread pointer (negative); 0: it has none.
  int64_t tls_block_offset() const { return tls_offset_; }
  std::string build_id() const { return file_.build_id(); }  // hexadecimal; empty when there is none

  // Adds the symbols and debug information that were split off, if that file is there. `path` is the
  // file's own as the process sees it, `root` the way to the process's files.
  void add_debug_file(const std::string& path, const std::string& root);
  // The file with .debug_info: this one, or the one split off; null when there is none.
  const ElfFile* debug_info() const;

 private:
  ElfImage(ElfFile file, std::string name) : name_(std::move(name)), file_(std::move(file)) {}
  void read_headers();
  void read_symbols(const ElfFile& file, uint32_t type);
  void read_relocations();

  std::string name_;
  ElfFile file_;
  std::optional<ElfFile> debug_file_;
  GElf_Ehdr header_{};
  std::vector<GElf_Phdr> segments_;
  std::map<std::string, ElfSymbol, std::less<>> symbols_;
  std::map<uint64_t, std::string> relocations_;
  int64_t tls_offset_ = 0;
  bool is_program_ = false;
};

}  // namespace redbee::profiler
