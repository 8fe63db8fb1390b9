// A recording: the file that `rbperf record` writes and every other command of rbperf reads.
//
// It is a chain of blocks, each with its own length and CRC, so that a recorder that is killed, a
// full disk or a damaged sector costs the blocks concerned and nothing else. Strings, frames and
// stacks are written once, under an id, in the block where they first appear; ids are given out in
// order from 0 and each block says where its own begin, so a lost block leaves a visible hole
// rather than wrong names. docs/rbperf-report.md has the layout byte by byte.
//
//   RecordingWriter writer = TRY(RecordingWriter::create("rbperf.rbperf", header));
//   FrameId frame = writer.intern_frame({FrameKind::ruby, "Foo#bar", "bar", "bar", "a.rb", 3});
//   FrameId frames[] = {frame};
//   TRY(writer.add({.time_ns = now, .pid = 1, .tid = 1, .frames = frames}));
//   TRY(writer.finish({.delivered = 1}));
//
// Writer and reader each belong to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redbee/result.h"

namespace redbee::profiler {

using StringId = uint32_t;  // 0 is the empty string
using FrameId = uint32_t;
using StackId = uint32_t;

enum class FrameKind : uint8_t { ruby, cfunc, native, kernel, gc };
inline constexpr int kFrameKinds = 5;

// "ruby", "cfunc", "native", "kernel", "gc": the names of the `samples` format.
std::string_view frame_kind_name(FrameKind kind);

// One line of a stack. The texts are bytes as Ruby or the ELF file had them; they need not be
// UTF-8.
struct Frame {
  FrameKind kind = FrameKind::ruby;
  std::string method;      // "Foo::Bar#baz"; for native and kernel frames the symbol
  std::string label;       // "block in baz"
  std::string base_label;  // "baz"; empty means the same as label
  std::string path;        // "app.rb"; for native frames the file of the mapping
  int32_t line = 0;        // 0: not known

  bool operator==(const Frame&) const = default;
};

struct Sample {
  uint64_t time_ns = 0;  // the clock of Header::start_ns
  uint32_t pid = 0;
  uint32_t tid = 0;
  uint32_t cpu = 0;
  uint32_t event = 0;                 // index into Header::events
  StringId thread_name = 0;           // from intern_string
  uint64_t weight = 1;                // in the event's unit
  uint16_t status = 0;                // index into Header::statuses; 0 is "ok"
  uint64_t fiber = 0;                 // tells fibers of one thread apart; 0: not known
  uint64_t ractor = 0;                // Ractor's id; 0: not known
  std::span<const FrameId> frames{};  // innermost first; read only during add()
};

enum class Unit : uint8_t { samples, nanoseconds, bytes, count };
std::string_view unit_name(Unit unit);  // "samples", "ns", "bytes", "count"

struct Event {
  std::string name;           // "cpu", "offcpu", "alloc", "tracepoint:syscalls:sys_enter_read"
  Unit unit = Unit::samples;  // what Sample::weight counts

  bool operator==(const Event&) const = default;
};

// One traced process. Those known at the start are in Header; more may join (fork following).
struct Process {
  uint32_t pid = 0;
  std::string command;       // its command line
  std::string ruby_version;  // "3.1.2"

  bool operator==(const Process&) const = default;
};

struct Header {
  std::string command_line{};  // of the recorder
  std::vector<Process> processes{};
  std::vector<Event> events{};                 // at least one
  std::vector<std::string> statuses = {"ok"};  // names by Sample::status
  double frequency_hz = 0;                     // 0: not a timed sampler
  uint64_t start_ns = 0;                       // CLOCK_MONOTONIC, the clock of Sample::time_ns
  uint64_t start_unix_ns = 0;                  // the same moment of CLOCK_REALTIME
  std::string kernel{};                        // "6.1.0-25-amd64"
  std::string host{};
};

// What became of every event the recorder asked for, written last.
struct Totals {
  uint64_t delivered = 0;  // samples that are in the file, whole or truncated
  uint64_t lost = 0;       // dropped before they could be written
  uint64_t skipped = 0;    // left out on purpose (another process, rate limit)
  uint64_t end_ns = 0;
  std::map<std::string, uint64_t> by_cause{};  // "truncated_depth": 3, "recursion_misses": 1
};

struct WriterOptions {
  bool is_deflated = true;
  size_t block_bytes = 256 * 1024;  // a block is written when its content reaches this size
};

class RecordingWriter {
 public:
  // An existing regular file moves to PATH.1 (and .1 to .2, …): nothing is overwritten.
  static Result<RecordingWriter> create(const std::string& path,
                                        const Header& header,
                                        WriterOptions options = {});
  // Without finish(), what was added is written, but the file says that it was cut short.
  ~RecordingWriter();
  RecordingWriter(RecordingWriter&&) noexcept;
  RecordingWriter& operator=(RecordingWriter&&) noexcept;

  // Where the file that was in the way has gone; the command tells its user.
  const std::optional<std::string>& rotated_to() const;

  StringId intern_string(std::string_view text);
  FrameId intern_frame(const Frame& frame);
  Status add_process(const Process& process);
  // An error (ENOSPC, EIO) is final: every later call returns it again, and the file ends after
  // its last whole block, readable.
  Status add(const Sample& sample);
  // Writes what is pending as a block, so that a reader sees it. Call it about once a second.
  Status flush();
  Status finish(const Totals& totals);

  uint64_t bytes_written() const;
  uint64_t samples_added() const;

 private:
  struct State;
  explicit RecordingWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace redbee::profiler
