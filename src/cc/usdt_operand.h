// The argument notation of USDT notes, "-4@-20(%rbp)", and the file that binds probes to functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"

namespace redbee::cc {

struct UsdtOperand {
  enum class Kind { constant, reg, memory, floating };
  Kind kind = Kind::constant;
  unsigned size = 8;  // 1, 2, 4, 8
  bool is_signed = false;
  int64_t value = 0;        // the constant, or the displacement
  int base = -1;            // offset of the register in struct pt_regs; -1: none
  unsigned base_shift = 0;  // 8 for %ah, %bh, %ch, %dh
  int index = -1;
  unsigned scale = 1;
  bool operator==(const UsdtOperand&) const = default;
};

Result<UsdtOperand> parse_usdt_operand(std::string_view text);

using UsdtVariant = std::vector<UsdtOperand>;
struct UsdtBinding {
  std::string function, probe;
  std::vector<UsdtVariant> variants;
};
struct UsdtBindings {
  std::vector<UsdtBinding> probes;
  const UsdtBinding* find(std::string_view function) const;
};

Result<UsdtBindings> parse_usdt_bindings(const std::string& json);

}  // namespace redbee::cc
