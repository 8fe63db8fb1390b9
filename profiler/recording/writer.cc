#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <unordered_map>

#include "profiler/recording/block.h"
#include "profiler/recording/data_block.h"
#include "profiler/recording/fields.h"
#include "profiler/recording/intern_table.h"
#include "profiler/recording/recording.h"
#include "src/base/file.h"
#include "src/base/os_error.h"
#include "src/base/text.h"

namespace redbee::profiler {

namespace {

using FrameKey = std::array<uint32_t, 6>;
using ThreadKey = std::array<uint64_t, 4>;

struct ArrayHash {
  template <typename T, size_t n>
  size_t operator()(const std::array<T, n>& values) const {
    uint64_t hash = 0;
    for (T value : values) hash = mix_hash(hash ^ value);
    return hash;
  }
};

// PATH.1 moves to PATH.2 before PATH moves to PATH.1, as far as the chain reaches.
Status rotate(const std::string& path) {
  int last = 1;
  while (access(cat(path, ".", last).c_str(), F_OK) == 0) last++;
  for (int i = last; i >= 1; i--) {
    std::string from = i == 1 ? path : cat(path, ".", i - 1);
    std::string to = cat(path, ".", i);
    if (rename(from.c_str(), to.c_str()) < 0) return os_error(cat("rename ", from, " to ", to));
  }
  return {};
}

// The old file's new name, when there was one. Devices and pipes are written to, not moved.
Result<std::optional<std::string>> make_room(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) < 0) return std::optional<std::string>();
  if (S_ISDIR(info.st_mode)) {
    return fail(Errc::invalid_argument, cat("write ", path, ": is a directory; name a file"));
  }
  if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) return std::optional<std::string>();
  TRY(rotate(path));
  return std::optional<std::string>(cat(path, ".1"));
}

}  // namespace

struct RecordingWriter::State {
  std::string path;
  UniqueFd fd;
  WriterOptions options;
  std::optional<std::string> rotated_to;
  std::optional<Error> error;
  bool is_finished = false;
  uint64_t bytes_written = 0;
  uint64_t samples_added = 0;

  TextTable strings{kFirstStringId};
  InternTable<FrameKey, ArrayHash> frames;
  InternTable<uint64_t, MixHash> stacks{kFirstStackId};
  InternTable<ThreadKey, ArrayHash> threads;

  PendingTable new_strings{kFirstStringId, 0, {}};
  PendingTable new_frames;
  PendingTable new_stacks{kFirstStackId, 0, {}};
  PendingTable new_threads;
  ByteWriter samples;
  uint64_t sample_count = 0;
  uint64_t first_time_ns = 0;
  uint64_t last_time_ns = 0;

  size_t pending_bytes() const {
    return new_strings.entries.size() + new_frames.entries.size() + new_stacks.entries.size() +
           new_threads.entries.size() + samples.size();
  }
  // Also while a single sample's names are interned, so that no block outgrows kMaxBlockSize. An
  // error is kept for the next call that can return it.
  void flush_when_full() {
    if (pending_bytes() >= options.block_bytes) (void)flush();
  }

  StringId intern_string(std::string_view text);
  FrameId intern_frame(const Frame& frame);
  StackId intern_stack(std::span<const FrameId> frames);
  uint32_t intern_thread(const Sample& sample);
  void append_sample(const Sample& sample);
  std::string take_data();
  Status write_block(BlockType type, std::string_view content);
  Status write_bytes(std::string_view bytes);
  Status flush();
};

StringId RecordingWriter::State::intern_string(std::string_view text) {
  if (text.empty()) return 0;
  text = text.substr(0, kMaxTextBytes);
  Interned interned = strings.intern(text);
  if (interned.is_new) {
    new_strings.entries.text(text);
    new_strings.count++;
    flush_when_full();
  }
  return interned.id;
}

FrameId RecordingWriter::State::intern_frame(const Frame& frame) {
  bool has_base = !frame.base_label.empty() && frame.base_label != frame.label;
  FrameKey key = {static_cast<uint32_t>(frame.kind), intern_string(frame.method),
                  intern_string(frame.label),        has_base ? intern_string(frame.base_label) : 0,
                  intern_string(frame.path),         static_cast<uint32_t>(frame.line)};
  Interned interned = frames.intern(key);
  if (interned.is_new) {
    for (size_t i = 0; i < 5; i++) new_frames.entries.number(key[i]);
    new_frames.entries.signed_number(frame.line);
    new_frames.count++;
    flush_when_full();
  }
  return interned.id;
}

StackId RecordingWriter::State::intern_stack(std::span<const FrameId> innermost_first) {
  // Beyond the limit the outermost frames go; a real Ruby overflows its VM stack long before.
  size_t depth = std::min<size_t>(innermost_first.size(), kMaxStackDepth);
  StackId stack = 0;
  for (size_t i = depth; i-- > 0;) {
    Interned interned = stacks.intern(stack_key(stack, innermost_first[i]));
    if (interned.is_new) {
      new_stacks.entries.number(interned.id - stack);
      new_stacks.entries.number(innermost_first[i]);
      new_stacks.count++;
      flush_when_full();
    }
    stack = interned.id;
  }
  return stack;
}

uint32_t RecordingWriter::State::intern_thread(const Sample& sample) {
  uint64_t process_thread = (static_cast<uint64_t>(sample.pid) << 32) | sample.tid;
  ThreadKey key = {process_thread, sample.thread_name, sample.fiber, sample.ractor};
  Interned interned = threads.intern(key);
  if (interned.is_new) {
    for (uint64_t value : {uint64_t{sample.pid}, uint64_t{sample.tid}, uint64_t{sample.thread_name},
                           sample.fiber, sample.ractor}) {
      new_threads.entries.number(value);
    }
    new_threads.count++;
  }
  return interned.id;
}

void RecordingWriter::State::append_sample(const Sample& sample) {
  uint32_t thread = intern_thread(sample);
  StackId stack = intern_stack(sample.frames);
  if (sample_count == 0) first_time_ns = last_time_ns = sample.time_ns;
  samples.signed_number(static_cast<int64_t>(sample.time_ns - last_time_ns));
  samples.number(thread);
  samples.number(stack);
  samples.number(sample.event);
  samples.number(sample.status);
  samples.number(sample.cpu);
  samples.number(sample.weight);
  last_time_ns = sample.time_ns;
  sample_count++;
  samples_added++;
}

std::string RecordingWriter::State::take_data() {
  ByteWriter out;
  new_strings.append_to(out);
  new_frames.append_to(out);
  new_stacks.append_to(out);
  new_threads.append_to(out);
  out.number(first_time_ns);
  out.number(sample_count);
  out.raw(samples.bytes());
  new_strings.restart(strings.next_id());
  new_frames.restart(frames.next_id());
  new_stacks.restart(stacks.next_id());
  new_threads.restart(threads.next_id());
  samples.clear();
  sample_count = 0;
  return out.bytes();
}

Status RecordingWriter::State::write_bytes(std::string_view bytes) {
  if (error) return fail(*error);
  Status status = write_all(fd.get(), bytes);
  if (status) {
    bytes_written += bytes.size();
    return {};
  }
  error = std::move(status).error().with_context(cat("write recording ", path));
  error->message += bytes_written ? cat("; the ", bytes_written, " bytes before it are kept and readable")
                                  : std::string("; nothing was recorded");
  // The torn block goes, so that the file ends whole. A pipe cannot take bytes back.
  (void)!ftruncate(fd.get(), static_cast<off_t>(bytes_written));
  return fail(*error);
}

Status RecordingWriter::State::write_block(BlockType type, std::string_view content) {
  return write_bytes(encode_block(type, content, options.is_deflated));
}

Status RecordingWriter::State::flush() {
  if (error) return fail(*error);
  if (pending_bytes() == 0) return {};
  return write_block(BlockType::data, take_data());
}

RecordingWriter::RecordingWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordingWriter::RecordingWriter(RecordingWriter&&) noexcept = default;
RecordingWriter& RecordingWriter::operator=(RecordingWriter&&) noexcept = default;

RecordingWriter::~RecordingWriter() {
  if (state_ && !state_->is_finished) (void)state_->flush();
}

Result<RecordingWriter> RecordingWriter::create(const std::string& path,
                                                const Header& header,
                                                WriterOptions options) {
  assert(!header.events.empty());
  auto state = std::make_unique<State>();
  state->path = path;
  state->options = options;
  state->options.block_bytes = std::clamp<size_t>(options.block_bytes, 1, kMaxBlockSize / 4);
  state->rotated_to = TRY(make_room(path));
  state->fd = TRY(open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  TRY(state->write_bytes(encode_file_header()));
  TRY(state->write_block(BlockType::header, encode_header(header)));
  RecordingWriter writer(std::move(state));
  for (const Process& process : header.processes) TRY(writer.add_process(process));
  return writer;
}

const std::optional<std::string>& RecordingWriter::rotated_to() const {
  return state_->rotated_to;
}

StringId RecordingWriter::intern_string(std::string_view text) {
  return state_->intern_string(text);
}

FrameId RecordingWriter::intern_frame(const Frame& frame) {
  return state_->intern_frame(frame);
}

Status RecordingWriter::add_process(const Process& process) {
  return state_->write_block(BlockType::process, encode_process(process));
}

Status RecordingWriter::add(const Sample& sample) {
  if (state_->error) return fail(*state_->error);
  state_->append_sample(sample);
  state_->flush_when_full();
  if (state_->error) return fail(*state_->error);
  return {};
}

Status RecordingWriter::flush() {
  return state_->flush();
}

Status RecordingWriter::finish(const Totals& totals) {
  TRY(state_->flush());
  TRY(state_->write_block(BlockType::totals, encode_totals(totals)));
  state_->is_finished = true;
  return {};
}

uint64_t RecordingWriter::bytes_written() const {
  return state_->bytes_written;
}
uint64_t RecordingWriter::samples_added() const {
  return state_->samples_added;
}

}  // namespace redbee::profiler
