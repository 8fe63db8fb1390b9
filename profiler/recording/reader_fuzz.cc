// libFuzzer target: any bytes are a recording. The block checksums would stop nearly all mutations
// at the door, so besides whole files the input is also read as the content of blocks.
#include <cstdint>
#include <string>
#include <string_view>

#include "profiler/recording/block.h"
#include "profiler/recording/fields.h"
#include "profiler/recording/reader.h"
#include "profiler/recording/reader_check.h"

namespace redbee::profiler {

namespace {

// The input's bytes after the first, which chooses the kind of block, with a right checksum.
std::string file_around(std::string_view input) {
  std::string file = encode_file_header();
  file += encode_block(BlockType::header, encode_header({.events = {{"cpu"}}, .frequency_hz = 99}),
                       false);
  auto type = static_cast<BlockType>(1 + static_cast<uint8_t>(input[0]) % 5);
  return file + encode_block(type, input.substr(1), false);
}

}  // namespace

}  // namespace redbee::profiler

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace redbee::profiler;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  check_reading(input);
  if (size > 1 && size < kMaxBlockSize) check_reading(file_around(input));
  return 0;
}
