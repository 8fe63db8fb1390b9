#include "profiler/recording/data_reader.h"

#include <algorithm>

#include "profiler/recording/data_block.h"

namespace redbee::profiler {

namespace {

// Each entry takes at least so many bytes, which bounds a count by the bytes that are there.
constexpr size_t kStringBytes = 1, kFrameBytes = 6, kStackBytes = 2, kThreadBytes = 5,
                 kSampleBytes = 7;

// What stands in for an entry that no block has defined; made by the constructor.
constexpr StringId kLost = 1;
constexpr FrameId kLostFrame = 0;
constexpr StackId kLostStack = 1;
constexpr uint32_t kLostThread = 0;

// 2^32 ids of each kind are the format's limit.
constexpr uint64_t kIdLimit = uint64_t{1} << 32;

struct TableHead {
  uint64_t first_id, count;
};

TableHead read_head(ByteReader& in, size_t entry_bytes) {
  uint64_t first_id = in.number_below(kIdLimit);
  return {first_id, in.count(entry_bytes)};
}

}  // namespace

bool IdRuns::add(uint64_t first, uint64_t count, size_t index) {
  if (count == 0) return true;
  if (!runs_.empty()) {
    Run& last = runs_.back();
    if (first < last.first + last.count) return false;
    if (first == last.first + last.count && index == last.index + last.count) {
      last.count += count;
      return true;
    }
  }
  runs_.push_back({first, count, index});
  return true;
}

uint32_t IdRuns::find(uint64_t id, uint32_t lost) const {
  auto after = std::upper_bound(runs_.begin(), runs_.end(), id,
                                [](uint64_t value, const Run& run) { return value < run.first; });
  if (after == runs_.begin()) return lost;
  const Run& run = *std::prev(after);
  if (id - run.first >= run.count) return lost;
  return static_cast<uint32_t>(run.index + (id - run.first));
}

DataReader::DataReader(Recording& recording) : recording_(recording) {
  recording.strings = {"", "[lost]"};
  recording.frames = {{FrameKind::native, kLost, kLost, 0, 0, 0}};
  recording.stacks = {StackRow(), {0, kLostFrame}};
  recording.threads = {{0, 0, kLost, 0, 0}};
  depths_ = {0, 1};
  strings_.add(0, 1, 0);  // ""
  stacks_.add(0, 1, 0);   // the empty stack
}

bool DataReader::read(std::string_view content) {
  ByteReader in(content);
  size_t samples_before = recording_.samples.size();
  bool is_whole = read_strings(in) && read_frames(in) && read_stacks(in) && read_threads(in) &&
                  read_samples(in) && in.at_end();
  // Table entries that were read stay: they are whole, and later blocks may use them.
  if (!is_whole) recording_.samples.resize(samples_before);
  return is_whole;
}

bool DataReader::read_strings(ByteReader& in) {
  TableHead head = read_head(in, kStringBytes);
  size_t index = recording_.strings.size();
  for (uint64_t i = 0; i < head.count && in.ok(); i++) {
    recording_.strings.emplace_back(in.text());
  }
  return in.ok() && strings_.add(head.first_id, head.count, index);
}

bool DataReader::read_frames(ByteReader& in) {
  TableHead head = read_head(in, kFrameBytes);
  size_t index = recording_.frames.size();
  for (uint64_t i = 0; i < head.count && in.ok(); i++) {
    FrameRow row;
    row.kind = static_cast<FrameKind>(in.number_below(kFrameKinds));
    row.method = strings_.find(in.number(), kLost);
    row.label = strings_.find(in.number(), kLost);
    row.base_label = strings_.find(in.number(), kLost);
    row.path = strings_.find(in.number(), kLost);
    row.line = static_cast<int32_t>(in.signed_number());
    recording_.frames.push_back(row);
  }
  return in.ok() && frames_.add(head.first_id, head.count, index);
}

bool DataReader::read_stacks(ByteReader& in) {
  TableHead head = read_head(in, kStackBytes);
  size_t index = recording_.stacks.size();
  if (!stacks_.add(head.first_id, head.count, index)) return false;
  for (uint64_t i = 0; i < head.count; i++) {
    uint64_t id = head.first_id + i;
    uint64_t distance = in.number();
    bool is_sound = distance != 0 && distance <= id;
    StackId caller = is_sound ? stacks_.find(id - distance, kLostStack) : kLostStack;
    if (depths_[caller] >= kMaxStackDepth) caller = kLostStack;
    recording_.stacks.push_back({caller, frames_.find(in.number(), kLostFrame)});
    depths_.push_back(static_cast<uint16_t>(depths_[caller] + 1));
  }
  return in.ok();
}

bool DataReader::read_threads(ByteReader& in) {
  TableHead head = read_head(in, kThreadBytes);
  size_t index = recording_.threads.size();
  for (uint64_t i = 0; i < head.count && in.ok(); i++) {
    ThreadRow row;
    row.pid = static_cast<uint32_t>(in.number());
    row.tid = static_cast<uint32_t>(in.number());
    row.name = strings_.find(in.number(), kLost);
    row.fiber = in.number();
    row.ractor = in.number();
    recording_.threads.push_back(row);
  }
  return in.ok() && threads_.add(head.first_id, head.count, index);
}

bool DataReader::read_samples(ByteReader& in) {
  uint64_t time_ns = in.number();
  uint64_t count = in.count(kSampleBytes);
  for (uint64_t i = 0; i < count && in.ok(); i++) {
    SampleRow row;
    time_ns += static_cast<uint64_t>(in.signed_number());
    row.time_ns = time_ns;
    row.thread = threads_.find(in.number(), kLostThread);
    row.stack = stacks_.find(in.number(), kLostStack);
    row.event = static_cast<uint16_t>(in.number_below(UINT16_MAX + 1));
    row.status = static_cast<uint16_t>(in.number_below(UINT16_MAX + 1));
    row.cpu = static_cast<uint32_t>(in.number());
    row.weight = in.number();
    recording_.samples.push_back(row);
  }
  return in.ok();
}

}  // namespace redbee::profiler
