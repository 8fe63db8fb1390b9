#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <random>
#include <set>

#include "profiler/recording/block.h"
#include "profiler/recording/bytes.h"
#include "profiler/recording/data_block.h"
#include "profiler/recording/fields.h"
#include "profiler/recording/reader.h"
#include "profiler/recording/reader_check.h"
#include "profiler/testing/sample_recording.h"
#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

using testing::HasSubstr;

std::vector<std::string> labels_of(const Recording& recording, const SampleRow& sample) {
  std::vector<std::string> labels;
  for (StackId s = sample.stack; s; s = recording.stacks[s].caller) {
    labels.push_back(recording.text(recording.frame(s).label));
  }
  return labels;
}

class RecordingTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  std::string path_ = directory_.file("a.rbperf");
  Recording read() { return read_recording(path_).value(); }
};

TEST(Bytes, NumbersComeBackAsTheyWere) {
  ByteWriter out;
  for (uint64_t v : {uint64_t{0}, uint64_t{127}, uint64_t{128}, UINT64_MAX}) out.number(v);
  for (int64_t v : {int64_t{0}, int64_t{-1}, INT64_MAX, INT64_MIN}) out.signed_number(v);
  ByteReader in(out.bytes());
  for (uint64_t v : {uint64_t{0}, uint64_t{127}, uint64_t{128}, UINT64_MAX})
    EXPECT_EQ(in.number(), v);
  for (int64_t v : {int64_t{0}, int64_t{-1}, INT64_MAX, INT64_MIN})
    EXPECT_EQ(in.signed_number(), v);
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(Bytes, ACountBeyondTheBytesIsRefused) {
  ByteWriter out;
  out.number(1'000'000'000);
  out.raw("abc");
  ByteReader in(out.bytes());
  EXPECT_EQ(in.text(), "");
  EXPECT_FALSE(in.ok());
}

TEST_F(RecordingTest, KeepsEveryFieldOfASample) {
  Header header;
  header.command_line = "rbperf record -p 7";
  header.events = {{"cpu", Unit::samples}, {"offcpu", Unit::nanoseconds}};
  header.statuses = {"ok", "truncated_depth"};
  header.frequency_hz = 99.5;
  header.start_ns = 1000;
  header.start_unix_ns = 1'700'000'000'000'000'000;
  header.kernel = "6.1";
  header.processes = {{7, "ruby app.rb", "3.1.2"}};
  {
    RecordingWriter writer = RecordingWriter::create(path_, header).value();
    FrameId inner = writer.intern_frame({FrameKind::ruby, "A#b", "block in b", "b", "a.rb", 12});
    FrameId outer = writer.intern_frame({FrameKind::kernel, "sys_read", "sys_read", "", "", -1});
    FrameId frames[] = {inner, outer};
    ASSERT_TRUE(writer.add({.time_ns = 2000,
                            .pid = 7,
                            .tid = 8,
                            .cpu = 3,
                            .event = 1,
                            .thread_name = writer.intern_string("worker"),
                            .weight = 1234567,
                            .status = 1,
                            .fiber = 0xffffffffffff,
                            .ractor = 2,
                            .frames = frames}));
    ASSERT_TRUE(writer.add({.time_ns = 1500, .pid = 7, .tid = 8}));
    ASSERT_TRUE(writer.add_process({9, "child", "3.3.8"}));
    ASSERT_TRUE(writer.finish({.delivered = 2, .lost = 1, .by_cause = {{"truncated_depth", 1}}}));
  }
  Recording recording = read();
  EXPECT_EQ(recording.header.command_line, "rbperf record -p 7");
  EXPECT_EQ(recording.header.events, header.events);
  EXPECT_EQ(recording.header.frequency_hz, 99.5);
  EXPECT_EQ(recording.header.start_unix_ns, header.start_unix_ns);
  ASSERT_EQ(recording.header.processes.size(), 2u);
  EXPECT_EQ(recording.header.processes[1].ruby_version, "3.3.8");
  ASSERT_EQ(recording.samples.size(), 2u);
  const SampleRow& sample = recording.samples[0];
  const ThreadRow& thread = recording.threads[sample.thread];
  EXPECT_EQ(sample.time_ns, 2000u);
  EXPECT_EQ(recording.samples[1].time_ns, 1500u);
  EXPECT_EQ(recording.samples[1].stack, 0u);
  EXPECT_EQ(sample.weight, 1234567u);
  EXPECT_EQ(recording.status_name(sample.status), "truncated_depth");
  EXPECT_EQ(recording.text(thread.name), "worker");
  EXPECT_EQ(thread.fiber, 0xffffffffffffu);
  EXPECT_EQ(thread.ractor, 2u);
  EXPECT_THAT(labels_of(recording, sample), testing::ElementsAre("block in b", "sys_read"));
  const FrameRow& frame = recording.frame(sample.stack);
  EXPECT_EQ(recording.base_label(frame), "b");
  EXPECT_EQ(frame.line, 12);
  EXPECT_EQ(recording.frame(recording.stacks[sample.stack].caller).line, -1);
  ASSERT_TRUE(recording.totals);
  EXPECT_EQ(recording.totals->by_cause.at("truncated_depth"), 1u);
  EXPECT_TRUE(recording.damage.is_none());
}

TEST_F(RecordingTest, MovesAnOlderFileAside) {
  for (int i = 0; i < 3; i++) {
    RecordingWriter writer = RecordingWriter::create(path_, {.events = {{"cpu"}}}).value();
    EXPECT_EQ(writer.rotated_to().has_value(), i > 0);
    for (int n = 0; n <= i; n++) ASSERT_TRUE(writer.add({}));
    ASSERT_TRUE(writer.finish({}));
  }
  EXPECT_EQ(read().samples.size(), 3u);
  EXPECT_EQ(read_recording(path_ + ".1")->samples.size(), 2u);
  EXPECT_EQ(read_recording(path_ + ".2")->samples.size(), 1u);
}

TEST_F(RecordingTest, WithoutItsEndReadsUpToTheLastFlush) {
  {
    RecordingWriter writer = RecordingWriter::create(path_, {.events = {{"cpu"}}}).value();
    ASSERT_TRUE(writer.add({}));
    ASSERT_TRUE(writer.flush());
    ASSERT_TRUE(writer.add({}));
    Recording recording = read();
    EXPECT_EQ(recording.samples.size(), 1u);
    EXPECT_TRUE(recording.damage.is_cut_short);
    EXPECT_EQ(recording.damage.bytes, 0u);
  }
  EXPECT_EQ(read().samples.size(), 2u);
}

TEST_F(RecordingTest, EveryPrefixOfAFileReadsOrIsRefused) {
  write_sample_recording(path_, {.samples = 40, .methods = 10, .block_bytes = 200});
  std::string bytes = read_file(path_).value();
  size_t most = 0;
  for (size_t size = 0; size < bytes.size(); size++) {
    auto recording = parse_recording(bytes.substr(0, size), "prefix");
    if (!recording) continue;
    EXPECT_TRUE(recording->damage.is_cut_short) << size;
    EXPECT_GE(recording->samples.size(), most) << size;
    most = recording->samples.size();
  }
  EXPECT_EQ(most, 40u);
}

TEST_F(RecordingTest, ADamagedBlockCostsOnlyItsOwnSamples) {
  write_sample_recording(path_, {.samples = 400, .methods = 10, .block_bytes = 500});
  std::string bytes = read_file(path_).value();
  Recording whole = parse_recording(bytes, "whole").value();
  size_t first = find_block(bytes, bytes.size() / 2);
  size_t second = find_block(bytes, first + 4);
  std::string broken = bytes;
  broken[first + kBlockHeaderSize + 3] ^= 0x40;
  Recording recording = parse_recording(broken, "broken").value();
  EXPECT_EQ(recording.damage.blocks, 1u);
  EXPECT_EQ(recording.damage.bytes, second - first);
  EXPECT_FALSE(recording.damage.is_cut_short);
  EXPECT_LT(recording.samples.size(), 400u);
  EXPECT_GT(recording.samples.size(), 300u);
  EXPECT_THAT(recording.damage.describe(), HasSubstr("1 damaged block"));
  // Every name that is left is one of the true names, or says that it is lost.
  std::set<std::string> names(whole.strings.begin(), whole.strings.end());
  for (const std::string& name : recording.strings) EXPECT_TRUE(names.count(name)) << name;
}

TEST_F(RecordingTest, NamesOfALostBlockReadAsLost) {
  ByteWriter content;
  for (int table = 0; table < 3; table++) content.number(5), content.number(0);
  content.number(3), content.number(1);  // thread 3: pid 1, tid 2, a name nobody defined
  for (uint64_t v : {1, 2, 77, 0, 0}) content.number(v);
  content.number(100), content.number(1);
  for (uint64_t v : {0, 3, 9, 0, 0, 0, 1}) content.number(v);
  std::string file = encode_file_header() +
                     encode_block(BlockType::header, encode_header({.events = {{"cpu"}}}), true) +
                     encode_block(BlockType::data, content.bytes(), true);
  Recording recording = parse_recording(file, "x").value();
  ASSERT_EQ(recording.samples.size(), 1u);
  EXPECT_THAT(labels_of(recording, recording.samples[0]), testing::ElementsAre("[lost]"));
  EXPECT_EQ(recording.text(recording.threads[recording.samples[0].thread].name), "[lost]");
}

TEST_F(RecordingTest, AFullDiskIsReportedAndTheFileStaysReadable) {
  // RLIMIT_FSIZE fails writes with EFBIG just as a full disk does with ENOSPC.
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  RecordingWriter writer = RecordingWriter::create(path_, {.events = {{"cpu"}}},
                                                   {.is_deflated = false, .block_bytes = 300})
                               .value();
  rlimit small = {4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  Status status;
  int added = 0;
  for (; status && added < 100000; added++) {
    status = writer.add({.time_ns = static_cast<uint64_t>(added)});
  }
  Status again = writer.finish({});
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().sys_errno, EFBIG);
  EXPECT_THAT(status.error().message, HasSubstr(path_));
  EXPECT_FALSE(again);
  Recording recording = read();
  EXPECT_GT(recording.samples.size(), 100u);
  EXPECT_LT(recording.samples.size(), static_cast<size_t>(added));
  EXPECT_TRUE(recording.damage.is_cut_short);
  EXPECT_EQ(recording.damage.blocks, 0u);
}

TEST_F(RecordingTest, HugeNamesAndDeepStacksFitIntoBlocks) {
  {
    RecordingWriter writer = RecordingWriter::create(path_, {.events = {{"cpu"}}}).value();
    std::vector<FrameId> frames;
    for (int i = 0; i < 200; i++) {
      std::string name(60'000, static_cast<char>('a' + i % 26));
      frames.push_back(writer.intern_frame({FrameKind::ruby, cat(name, i), "x", "", "p", i}));
    }
    std::vector<FrameId> deep(100'000, frames[0]);
    ASSERT_TRUE(writer.add({.frames = frames}));
    ASSERT_TRUE(writer.add({.frames = deep}));
    ASSERT_TRUE(writer.finish({.delivered = 2}));
  }
  Recording recording = read();
  EXPECT_TRUE(recording.damage.is_none());
  EXPECT_EQ(labels_of(recording, recording.samples[0]).size(), 200u);
  EXPECT_EQ(labels_of(recording, recording.samples[1]).size(), size_t{kMaxStackDepth});
}

TEST_F(RecordingTest, RandomDamageNeverBreaksTheReader) {
  write_sample_recording(path_,
                         {.samples = 60, .methods = 12, .block_bytes = 400, .has_odd_names = true});
  const std::string whole = read_file(path_).value();
  std::mt19937_64 random(1);
  int readable = 0;
  for (int round = 0; round < 2000; round++) {
    std::string bytes = whole;
    for (uint64_t n = 1 + random() % 8; n > 0; n--) {
      size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 40);
          break;
        default:
          bytes.insert(at, std::string(1 + random() % 40, static_cast<char>(random())));
      }
    }
    readable += check_reading(bytes);
  }
  EXPECT_GT(readable, 1000) << "most damage leaves something to read";
}

// The checksum is right and the content is not: what a bug of a writer would look like.
TEST_F(RecordingTest, RandomContentOfDataBlocksNeverBreaksTheReader) {
  std::mt19937_64 random(2);
  std::string head = encode_file_header() +
                     encode_block(BlockType::header, encode_header({.events = {{"cpu"}}}), false);
  for (int round = 0; round < 5000; round++) {
    std::string content;
    for (uint64_t n = random() % 60; n > 0; n--)
      content += static_cast<char>(random() % 4 ? random() % 6 : random());
    EXPECT_TRUE(check_reading(head + encode_block(BlockType::data, content, false)));
  }
}

TEST_F(RecordingTest, AHugeClaimedSizeAllocatesNothing) {
  std::string block = encode_block(BlockType::data, std::string(100, 'x'), false);
  for (size_t at : {8, 12}) {
    std::string bytes = encode_file_header() + block;
    for (size_t i = 0; i < 4; i++) bytes[kFileHeaderSize + at + i] = '\x7f';
    EXPECT_FALSE(check_reading(bytes));
  }
}

TEST_F(RecordingTest, RefusalsNameTheFileAndTheCure) {
  EXPECT_THAT(read_recording(path_).error().message, HasSubstr("no such file"));
  EXPECT_THAT(parse_recording("", "e").error().message, HasSubstr("empty"));
  EXPECT_THAT(parse_recording("#!/usr/bin/ruby\n", "e").error().message,
              HasSubstr("not a recording"));
  std::string newer = encode_file_header();
  newer[6] = 9;
  EXPECT_THAT(parse_recording(newer, "e").error().message, HasSubstr("format 9"));
  EXPECT_THAT(parse_recording(encode_file_header(), "e").error().message, HasSubstr("damaged"));
}

}  // namespace
}  // namespace redbee::profiler
