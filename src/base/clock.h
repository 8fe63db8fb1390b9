// Nanoseconds of the kernel's clocks; CLOCK_MONOTONIC is the one that BPF programs stamp records with.
#pragma once

#include <time.h>

#include <cstdint>

namespace redbee {

inline uint64_t clock_ns(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

inline uint64_t monotonic_ns() { return clock_ns(CLOCK_MONOTONIC); }

}  // namespace redbee
