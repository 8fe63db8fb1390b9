#include "profiler/recording/reader.h"

#include <algorithm>

#include "profiler/recording/block.h"
#include "profiler/recording/data_reader.h"
#include "profiler/recording/fields.h"
#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {

namespace {

std::string plural(uint64_t count, std::string_view noun) {
  return cat(count, " ", noun, count == 1 ? "" : "s");
}

Status check_file_header(std::string_view bytes, const std::string& name) {
  if (bytes.empty()) {
    return fail(Errc::invalid_argument,
                cat("read ", name, ": the file is empty: the recorder wrote nothing"));
  }
  if (bytes.size() < kFileHeaderSize || !bytes.starts_with(kFileMagic)) {
    return fail(Errc::invalid_argument,
                cat("read ", name, ": not a recording of rbperf; make one with: rbperf record"));
  }
  int version = static_cast<uint8_t>(bytes[6]) | static_cast<uint8_t>(bytes[7]) << 8;
  if (version != kFormatVersion) {
    return fail(Errc::not_supported,
                cat("read ", name, ": format ", version, ", and this rbperf reads format ",
                    kFormatVersion, "; use the rbperf that recorded it, or a newer one"));
  }
  return {};
}

// Walks the chain of blocks, and past damage to the next whole one.
class RecordingParser {
 public:
  explicit RecordingParser(std::string_view bytes) : bytes_(bytes) {}

  Result<Recording> parse(const std::string& name) {
    size_t at = kFileHeaderSize;
    while (at < bytes_.size()) {
      std::optional<Block> block = decode_block(bytes_.substr(at));
      if (block && take(*block)) {
        at += block->stored_size;
        continue;
      }
      at = skip_damage(at, block ? block->stored_size : 0);
    }
    if (!has_header_) {
      return fail(Errc::invalid_argument,
                  cat("read ", name,
                      ": the recording's first block is damaged, so nothing of it "
                      "can be told apart; ",
                      bytes_.size(), " bytes"));
    }
    recording_.damage.is_cut_short = !recording_.totals;
    drop_what_the_header_does_not_know();
    return std::move(recording_);
  }

 private:
  bool take(const Block& block) {
    switch (block.type) {
      case BlockType::header:
        return take_header(block.content);
      case BlockType::process:
        return take_process(block.content);
      case BlockType::data:
        return data_.read(block.content);
      case BlockType::totals:
        return (recording_.totals = decode_totals(block.content)).has_value();
    }
    return true;  // a kind that a later rbperf added: whole, and not for us
  }

  bool take_header(std::string_view content) {
    std::optional<Header> header = decode_header(content);
    if (!header || has_header_) return false;
    header->processes = std::move(recording_.header.processes);
    recording_.header = std::move(*header);
    has_header_ = true;
    return true;
  }

  bool take_process(std::string_view content) {
    std::optional<Process> process = decode_process(content);
    if (process) recording_.header.processes.push_back(std::move(*process));
    return process.has_value();
  }

  // A whole block with wrong content is passed over; otherwise the next magic is looked for.
  size_t skip_damage(size_t at, size_t whole_block_size) {
    size_t next = whole_block_size ? at + whole_block_size : find_block(bytes_, at + 1);
    if (next == std::string_view::npos) next = bytes_.size();
    // Bytes that look like a block inside damage are looked at again: count a run of damage once.
    if (damage_end_ != at) recording_.damage.blocks++;
    damage_end_ = next;
    recording_.damage.bytes += next - at;
    return next;
  }

  void drop_what_the_header_does_not_know() {
    auto is_unknown = [&](const SampleRow& sample) {
      return sample.event >= recording_.header.events.size();
    };
    if (std::erase_if(recording_.samples, is_unknown)) recording_.damage.blocks++;
  }

  std::string_view bytes_;
  Recording recording_;
  DataReader data_{recording_};
  bool has_header_ = false;
  size_t damage_end_ = 0;
};

}  // namespace

std::string Damage::describe() const {
  std::string out;
  if (blocks) {
    out = cat(plural(blocks, "damaged block"), " (", plural(bytes, "byte"), ") left out");
  }
  if (is_cut_short) {
    out += cat(out.empty() ? "" : "; ",
               "the recording has no end: its recorder was killed, ran out of disk, or still runs");
  }
  return out;
}

std::string Recording::status_name(uint16_t status) const {
  if (status < header.statuses.size()) return header.statuses[status];
  return cat("status-", status);
}

Result<Recording> parse_recording(std::string_view bytes, const std::string& name) {
  TRY(check_file_header(bytes, name));
  return RecordingParser(bytes).parse(name);
}

Result<Recording> read_recording(const std::string& path) {
  Result<std::string> bytes = read_file(path == "-" ? "/dev/stdin" : path);
  if (!bytes && bytes.error().code == Errc::not_found) {
    return fail(
        Errc::not_found,
        cat("read ", path, ": no such file; make one with: rbperf record -o ", path, " --pid PID"));
  }
  if (!bytes) return fail(std::move(bytes).error());
  return parse_recording(*bytes, path);
}

}  // namespace redbee::profiler
