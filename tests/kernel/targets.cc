#include "tests/kernel/targets.h"

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

extern "C" {
// Volatile: the kernel, not the compiler's view of this program, changes it.
__attribute__((used, section(".probes"))) volatile unsigned short redbee_test_tick_semaphore;
}

asm(R"(
  .globl redbee_test_steps
  .type redbee_test_steps, @function
redbee_test_steps:
  nop
  nop
  nop
  nop
  mov %edi, %eax
  ret
  .size redbee_test_steps, . - redbee_test_steps
)");

namespace redbee::kernel_test {

extern "C" {

__attribute__((noinline, visibility("default"))) int redbee_test_add(int a, int b) {
  asm volatile("" : "+r"(a), "+r"(b));
  return a + b;
}

__attribute__((noinline)) void redbee_test_tick_here(int number, unsigned long weight) {
  DTRACE_PROBE2(redbee_test, tick, number, weight);
}

__attribute__((noinline)) void redbee_test_tick_there(unsigned char number, const long *weights) {
  DTRACE_PROBE2(redbee_test, tick, number, weights[2]);
}

bool redbee_test_tick_is_enabled() { return redbee_test_tick_semaphore != 0; }
}

}  // namespace redbee::kernel_test
