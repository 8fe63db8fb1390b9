// The starting points of everything rbperf reads in a Ruby: where a thread's execution context is,
// where the VM is, where the garbage collector keeps its state. By symbol where the file has one,
// else from the machine code of exported functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/discover/elf_image.h"
#include "profiler/discover/layout.h"
#include "profiler/discover/memory.h"
#include "profiler/unwind/stack_format.h"

namespace redbee::profiler {

struct Root {
  uint64_t address = 0;  // 0: not found
  FactSource source = FactSource::absent;
  std::string how;  // "rb_errinfo returns *(*(tls(0x45aad0)) + 0x78)"
};

struct EcRoot {
  rb_ec_location location = rb_ec_nowhere;
  int64_t tls_offset = 0;
  uint32_t tls_module = 0;
  uint32_t pthread_slot = 0;
  uint64_t global_ec = 0;
  FactSource source = FactSource::absent;
  std::string how;
};

struct Roots {
  EcRoot ec;
  Root vm_pointer;       // of the variable; the VM itself is *address
  Root global_symbols;
};

// Fills roots and those fields of the layout that the code tells. What cannot be found stays absent.
Roots find_roots(const Memory& memory, const ElfImage& image, uint64_t bias, Layout* layout);

// Turns the general location (a module's TLS block) into a constant distance from the thread pointer
// when it is the same in all of these threads; Ruby 2.6 and 2.7: finds the pthread key.
void settle_ec_location(const Memory& memory, const std::vector<uint64_t>& thread_pointers,
                        const Layout& layout, uint64_t vm, EcRoot* root);

}  // namespace redbee::profiler
