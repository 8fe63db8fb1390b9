// SHA-256 (FIPS 180-4), for cache keys: no secret depends on it.
//
//   Sha256 hash;
//   hash.add(text);          // with its length, so that "ab"+"c" differs from "a"+"bc"
//   std::string key = hash.hex_digest();
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace redbee {

class Sha256 {
 public:
  void add_raw(std::string_view bytes);
  void add(std::string_view field);   // 8 bytes of length, then the bytes
  void add(uint64_t number);
  std::string hex_digest();           // 64 digits; ends the computation

 private:
  void process(const unsigned char* block);

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, 64> block_{};
  uint64_t size_ = 0;
};

}  // namespace redbee
