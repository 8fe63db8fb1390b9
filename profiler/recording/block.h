// Blocks: the checksummed pieces a recording is a chain of.
//
//   file   = "rbperf" u16 version, block*
//   block  = "RBLK" u8 type, u8 flags, u16 0, u32 stored_size, u32 raw_size, u32 crc, stored bytes
//
// Little endian. The CRC-32 (zlib's) covers everything from `type` on but itself, so that a wrong
// length is found too. With kDeflated the stored bytes are a zlib stream of raw_size bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "redbee/result.h"

namespace redbee::profiler {

inline constexpr std::string_view kFileMagic = "rbperf";
inline constexpr uint16_t kFormatVersion = 1;
inline constexpr size_t kFileHeaderSize = 8;
inline constexpr size_t kBlockHeaderSize = 20;
// A writer stays far below; a reader allocates no more than this for one block.
inline constexpr uint32_t kMaxBlockSize = 4 << 20;

enum class BlockType : uint8_t { header = 1, process = 2, data = 3, totals = 4 };

struct Block {
  BlockType type;
  std::string content;     // inflated
  size_t stored_size = 0;  // in the file, with its header
};

std::string encode_file_header();
// The whole block. Content that does not shrink is stored as it is.
std::string encode_block(BlockType type, std::string_view content, bool is_deflated);

// The block that starts at the first byte of `bytes`, or nothing when it is not whole and right.
std::optional<Block> decode_block(std::string_view bytes);
// Where the next block may start at or after `from`; npos when there is none.
size_t find_block(std::string_view bytes, size_t from);

}  // namespace redbee::profiler
