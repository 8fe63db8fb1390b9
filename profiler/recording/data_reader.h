// Reads data blocks into a Recording. Ids in the file are checked and turned into indices here, so
// that nothing after it need check again. What a lost block defined reads as "[lost]".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "profiler/recording/bytes.h"
#include "profiler/recording/reader.h"

namespace redbee::profiler {

// File ids to indices, without room for the ids that are missing.
class IdRuns {
 public:
  // The next `count` ids from `first` on lie at `index` on; false when they overlap earlier ones.
  bool add(uint64_t first, uint64_t count, size_t index);
  // `lost` for an id that no block has defined.
  uint32_t find(uint64_t id, uint32_t lost) const;

 private:
  struct Run {
    uint64_t first, count;
    size_t index;
  };
  std::vector<Run> runs_;
};

class DataReader {
 public:
  explicit DataReader(Recording& recording);

  // False, and nothing kept of the block, when the content is not what a writer writes.
  bool read(std::string_view content);

 private:
  bool read_strings(ByteReader& in);
  bool read_frames(ByteReader& in);
  bool read_stacks(ByteReader& in);
  bool read_threads(ByteReader& in);
  bool read_samples(ByteReader& in);

  Recording& recording_;
  IdRuns strings_, frames_, stacks_, threads_;
  std::vector<uint16_t> depths_;  // of Recording::stacks
};

}  // namespace redbee::profiler
