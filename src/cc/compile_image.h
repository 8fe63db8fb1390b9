// From a text to an Image, in one place.
#pragma once

#include <optional>
#include <string>

#include "src/cc/facts.h"
#include "src/cc/kernel_target.h"
#include "src/cc/options.h"
#include "src/cc/usdt_operand.h"

namespace redbee::cc {

struct Image {
  std::string bytes;
  Facts facts;
};

// nullopt after errors in the text, which have been printed at their lines.
Result<std::optional<Image>> compile_image(const Options& options,
                                           KernelTarget& target,
                                           const UsdtBindings& usdt,
                                           std::string text);

}  // namespace redbee::cc
