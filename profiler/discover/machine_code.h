// What a short C function returns, as an expression over its memory reads: a symbolic interpreter of
// x86-64 code. It follows the values in the registers, not byte patterns, so it does not matter how
// the compiler ordered, scheduled or spilled them.
//
//   rb_errinfo(): *(*(tls(GOT 0x45aad0)) + 0x78)
//
// Stripped libraries keep their exported functions, and those must know the offsets that the
// stripped symbols would have told.
#pragma once

#include <string_view>
#include <vector>

#include "profiler/discover/elf_image.h"
#include "profiler/discover/expression.h"

namespace redbee::profiler {

// What happens on one path through the function.
struct CodePath {
  Value result;                   // rax at the return; null when the path does not return
  std::vector<Value> comparisons; // each `test` seen
};

// Follows at most 32 paths of at most 400 instructions, into calls of functions of the same file.
// Empty when the file does not have the function.
std::vector<CodePath> interpret_function(const ElfImage& image, std::string_view function);

}  // namespace redbee::profiler
