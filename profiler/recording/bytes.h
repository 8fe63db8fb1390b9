// The bytes inside a block: LEB128 numbers and counted strings. The reader never trusts a length:
// after the first thing that does not fit, ok() is false and every value is 0 or empty.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace redbee::profiler {

class ByteWriter {
 public:
  void number(uint64_t value) {
    while (value >= 0x80) {
      out_ += static_cast<char>(value | 0x80);
      value >>= 7;
    }
    out_ += static_cast<char>(value);
  }
  // Small magnitudes stay short whatever their sign (zigzag).
  void signed_number(int64_t value) {
    number((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void text(std::string_view bytes) {
    number(bytes.size());
    out_ += bytes;
  }
  void raw(std::string_view bytes) { out_ += bytes; }

  const std::string& bytes() const { return out_; }
  size_t size() const { return out_.size(); }
  void clear() { out_.clear(); }

 private:
  std::string out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  uint64_t number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return failed();
  }
  int64_t signed_number() {
    uint64_t value = number();
    return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  // A number that must be below `limit`.
  uint64_t number_below(uint64_t limit) {
    uint64_t value = number();
    return value < limit ? value : failed();
  }
  // How many items follow, each of which takes at least `item_bytes`.
  uint64_t count(size_t item_bytes) {
    uint64_t value = number();
    return value <= rest_.size() / item_bytes ? value : failed();
  }
  std::string_view text() {
    std::string_view bytes = rest_.substr(0, count(1));
    rest_.remove_prefix(bytes.size());
    return bytes;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  uint64_t failed() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace redbee::profiler
