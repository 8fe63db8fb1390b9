// The x86-64 instructions of an ELF file, decoded by Capstone as they are asked for.
//
//   Instructions code(image);
//   const cs_insn* step = code.at(address);   // step->detail->x86.operands[0] is the destination
#pragma once

#include <capstone/capstone.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "profiler/discover/elf_image.h"

namespace redbee::profiler {

class Instructions {
 public:
  explicit Instructions(const ElfImage& image);
  ~Instructions();
  Instructions(const Instructions&) = delete;
  Instructions& operator=(const Instructions&) = delete;

  // Null where the file has no instruction. Valid while this object lives.
  const cs_insn* at(uint64_t address);
  // The general registers that an instruction changes, each 0-15.
  std::vector<int> changed_registers(const cs_insn& step) const;
  // Where a direct jump, branch or call leads; 0: it is not direct.
  static uint64_t direct_target(const cs_insn& step);
  // The imported function that an indirect jump or call reaches through the GOT; empty: none.
  std::string_view imported_target(const cs_insn& step) const;
  // The same for a call to a PLT entry: its first jump leads through the GOT.
  std::string_view plt_target(uint64_t stub);

 private:
  struct FreeInstruction {
    void operator()(cs_insn* step) const { cs_free(step, 1); }
  };
  const ElfImage& image_;
  csh handle_ = 0;
  std::unordered_map<uint64_t, std::unique_ptr<cs_insn, FreeInstruction>> decoded_;
};

// 0-15 for rax…r15 of any width; -1: no general register. ah, bh, ch and dh count as the registers
// that they are part of.
int general_register(unsigned reg);
bool is_second_byte(unsigned reg);  // ah, bh, ch, dh

}  // namespace redbee::profiler
