// Offsets from DWARF, where the interpreter's file or its separate debug file has it.
#pragma once

#include "profiler/discover/elf_image.h"
#include "profiler/discover/layout.h"

namespace redbee::profiler {

// Returns how many fields were found; 0 when there is no debug information.
int apply_debug_info(const ElfImage& image, Layout* layout);

}  // namespace redbee::profiler
