// FNV-1a, 64 bits: tells whether a text has changed, guards nothing. The compiler writes it into an
// Image and the cache compares it, so there is one.
#pragma once

#include <cstdint>
#include <string_view>

namespace redbee {

constexpr uint64_t fnv1a64(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace redbee
