// What the tests probe in their own process.
#pragma once

namespace redbee::kernel_test {

extern "C" {
// Returns a + b. Exported, never inlined.
int redbee_test_add(int a, int b);
// Returns a. Four instructions of one byte, then a move and a return: a place of known offset each.
int redbee_test_steps(int a);
// The probe redbee_test:tick(number, weight), from two places that keep the arguments differently.
void redbee_test_tick_here(int number, unsigned long weight);
void redbee_test_tick_there(unsigned char number, const long *weights);
// Whether somebody listens to tick: its semaphore.
bool redbee_test_tick_is_enabled();
}

}  // namespace redbee::kernel_test
