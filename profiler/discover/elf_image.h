// An ELF file on disk: symbols, segments, code bytes and the names behind GOT entries. Addresses
// are those of the file; the process adds the load bias.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"
#include "src/base/unique_fd.h"

struct Elf;

namespace redbee::profiler {

struct ElfSymbol {
  uint64_t address = 0;
  uint64_t size = 0;
  bool is_thread_local = false;
};

struct ElfSegment {
  uint64_t address = 0, memory_size = 0, file_size = 0, offset = 0;
  bool is_writable = false, is_executable = false;
};

class ElfImage {
 public:
  static Result<ElfImage> open(UniqueFd file, std::string name);
  ElfImage(ElfImage&&) noexcept;
  ElfImage& operator=(ElfImage&&) noexcept;
  ~ElfImage();

  const std::string& name() const;
  bool is_position_independent() const;
  const std::vector<ElfSegment>& segments() const;
  std::optional<ElfSymbol> find_symbol(std::string_view symbol) const;
  // All named symbols, for naming native addresses.
  const std::map<std::string, ElfSymbol, std::less<>>& symbols() const;
  // The bytes from `address` on, as far as the file has them; at most `size`.
  std::span<const uint8_t> bytes_at(uint64_t address, size_t size) const;
  // The function whose address is to be written at `got_address` by the dynamic linker.
  std::string_view relocated_symbol(uint64_t got_address) const;
  // The start of the local-exec TLS block relative to the thread pointer (negative), for an
  // executable; 0 when there is no TLS segment.
  int64_t tls_block_offset() const;
  std::string build_id() const;    // hexadecimal; empty when there is none
  std::string debug_link() const;  // file name of .gnu_debuglink
  bool has_debug_info() const;
  int fd() const;

 private:
  struct State;
  explicit ElfImage(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace redbee::profiler
