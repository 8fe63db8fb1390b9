#include "profiler/recording/block.h"

#include <zlib.h>

#include <cstring>

namespace redbee::profiler {

namespace {

constexpr std::string_view kBlockMagic = "RBLK";
constexpr uint8_t kDeflated = 1;

// Deflate's best case, 258 bytes from 2 bits; a header that claims more is not worth memory.
constexpr uint64_t kMaxInflation = 1032;

template <typename T>
void put(std::string& out, T value) {
  for (size_t i = 0; i < sizeof value; i++) out += static_cast<char>(value >> (8 * i));
}

template <typename T>
T get(std::string_view bytes, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof value; i++) {
    value = static_cast<T>(value | static_cast<T>(static_cast<uint8_t>(bytes[at + i])) << (8 * i));
  }
  return value;
}

uint32_t checksum(std::string_view head, std::string_view stored) {
  uLong crc = crc32(0, reinterpret_cast<const Bytef*>(head.data()), static_cast<uInt>(head.size()));
  crc = crc32(crc, reinterpret_cast<const Bytef*>(stored.data()), static_cast<uInt>(stored.size()));
  return static_cast<uint32_t>(crc);
}

std::optional<std::string> deflated(std::string_view content) {
  uLongf size = compressBound(content.size());
  std::string out(size, '\0');
  int status =
      compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                reinterpret_cast<const Bytef*>(content.data()), content.size(), Z_BEST_SPEED);
  if (status != Z_OK || size >= content.size()) return std::nullopt;
  out.resize(size);
  return out;
}

std::optional<std::string> inflated(std::string_view stored, uint32_t raw_size) {
  std::string out(raw_size, '\0');
  uLongf size = raw_size;
  int status = uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                          reinterpret_cast<const Bytef*>(stored.data()), stored.size());
  if (status != Z_OK || size != raw_size) return std::nullopt;
  return out;
}

}  // namespace

std::string encode_file_header() {
  std::string out(kFileMagic);
  put<uint16_t>(out, kFormatVersion);
  return out;
}

std::string encode_block(BlockType type, std::string_view content, bool is_deflated) {
  std::optional<std::string> packed = is_deflated ? deflated(content) : std::nullopt;
  std::string_view stored = packed ? std::string_view(*packed) : content;
  std::string head;
  put<uint8_t>(head, static_cast<uint8_t>(type));
  put<uint8_t>(head, packed ? kDeflated : 0);
  put<uint16_t>(head, 0);
  put<uint32_t>(head, static_cast<uint32_t>(stored.size()));
  put<uint32_t>(head, static_cast<uint32_t>(content.size()));
  std::string out(kBlockMagic);
  out += head;
  put<uint32_t>(out, checksum(head, stored));
  out += stored;
  return out;
}

std::optional<Block> decode_block(std::string_view bytes) {
  if (bytes.size() < kBlockHeaderSize || !bytes.starts_with(kBlockMagic)) return std::nullopt;
  auto type = get<uint8_t>(bytes, 4);
  bool is_deflated = get<uint8_t>(bytes, 5) & kDeflated;
  auto stored_size = get<uint32_t>(bytes, 8);
  auto raw_size = get<uint32_t>(bytes, 12);
  if (stored_size > bytes.size() - kBlockHeaderSize || raw_size > kMaxBlockSize)
    return std::nullopt;
  if (!is_deflated && stored_size != raw_size) return std::nullopt;
  if (raw_size > stored_size * kMaxInflation) return std::nullopt;
  std::string_view stored = bytes.substr(kBlockHeaderSize, stored_size);
  if (checksum(bytes.substr(4, 12), stored) != get<uint32_t>(bytes, 16)) return std::nullopt;
  Block block{static_cast<BlockType>(type), {}, kBlockHeaderSize + stored_size};
  if (!is_deflated) {
    block.content = stored;
    return block;
  }
  std::optional<std::string> content = inflated(stored, raw_size);
  if (!content) return std::nullopt;
  block.content = std::move(*content);
  return block;
}

size_t find_block(std::string_view bytes, size_t from) {
  return bytes.find(kBlockMagic, from);
}

}  // namespace redbee::profiler
