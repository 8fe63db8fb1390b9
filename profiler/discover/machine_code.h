// What a short C function returns, as an expression over its memory reads: a symbolic interpreter of
// x86-64 code. It follows the values in the registers, not byte patterns, so it does not matter how
// the compiler ordered, scheduled or spilled them.
//
//   rb_errinfo(): *(*(tls(GOT 0x45aad0)) + 0x78)
//
// Stripped libraries keep their exported functions, and those must know the offsets that the
// stripped symbols would have told.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/discover/elf_image.h"

namespace redbee::profiler {

struct Expression;
using Value = std::shared_ptr<const Expression>;

struct Expression {
  enum class Kind {
    unknown,
    constant,        // number: a value or an address in the file
    argument,        // number: 0 for the first
    thread_pointer,  // the base of %fs
    tls_address,     // what __tls_get_addr returns for the GOT pair at `number`
    tls_descriptor,  // what the resolver of the TLS descriptor at `number` returns
    load,            // `number` bytes at base + displacement
    sum,             // base + displacement
    masked,          // base & number
    shifted,         // base >> number
    test,            // whether base & number is not 0
    indexed,         // base + another register: not followed further
  };
  Kind kind = Kind::unknown;
  int64_t number = 0;
  Value base;
  int64_t displacement = 0;
};

// "*(*(tls(0x45aad0)) + 0x78)"
std::string describe(const Value& value);
bool is_load(const Value& value);

// What happens on one path through the function.
struct CodePath {
  Value result;                   // rax at the return; null when the path does not return
  std::vector<Value> comparisons; // each `test` seen
};

// Follows at most 32 paths of at most 400 instructions, into calls of functions of the same file.
// Empty when the file does not have the function.
std::vector<CodePath> interpret_function(const ElfImage& image, std::string_view function);

}  // namespace redbee::profiler
