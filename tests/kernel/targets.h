// What the tests probe in their own process.
#pragma once

namespace redbee::kernel_test {

extern "C" {
// Returns a + b. Exported, never inlined.
int redbee_test_add(int a, int b);
// The probe redbee_test:tick(number, weight), from two places that keep the arguments differently.
void redbee_test_tick_here(int number, unsigned long weight);
void redbee_test_tick_there(unsigned char number, const long *weights);
// Whether somebody listens to tick: its semaphore.
bool redbee_test_tick_is_enabled();
}

}  // namespace redbee::kernel_test
