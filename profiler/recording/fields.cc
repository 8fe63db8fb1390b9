#include "profiler/recording/fields.h"

#include <bit>

#include "profiler/recording/bytes.h"

namespace redbee::profiler {

namespace {

// Numbers are part of the file format: never reused.
enum HeaderField : uint64_t {
  kCommandLine = 1,
  kEvent = 2,   // unit, name
  kStatus = 3,  // in order of their numbers
  kFrequency = 4,
  kStart = 5,
  kStartUnix = 6,
  kKernel = 7,
  kHost = 8,
};
enum ProcessField : uint64_t { kPid = 1, kProcessCommand = 2, kRubyVersion = 3 };
enum TotalsField : uint64_t {
  kDelivered = 1,
  kLost = 2,
  kSkipped = 3,
  kEnd = 4,
  kCause = 5,  // count, name
};

class FieldWriter {
 public:
  void text(uint64_t field, std::string_view value) {
    out_.number(field);
    out_.text(value);
  }
  void number(uint64_t field, uint64_t value) {
    ByteWriter content;
    content.number(value);
    text(field, content.bytes());
  }
  // A number followed by the rest, a name.
  void named(uint64_t field, uint64_t value, std::string_view name) {
    ByteWriter content;
    content.number(value);
    content.text(name);
    text(field, content.bytes());
  }
  std::string take() { return out_.bytes(); }

 private:
  ByteWriter out_;
};

// Calls on_field(number, content) for each; false when the bytes do not fit.
template <typename OnField>
bool read_fields(std::string_view bytes, OnField on_field) {
  ByteReader reader(bytes);
  while (!reader.at_end()) {
    uint64_t field = reader.number();
    std::string_view content = reader.text();
    if (!reader.ok() || !on_field(field, content)) return false;
  }
  return reader.ok();
}

bool read_number(std::string_view content, uint64_t& out) {
  ByteReader reader(content);
  out = reader.number();
  return reader.ok();
}

}  // namespace

std::string encode_header(const Header& header) {
  FieldWriter out;
  out.text(kCommandLine, header.command_line);
  for (const Event& event : header.events) {
    out.named(kEvent, static_cast<uint64_t>(event.unit), event.name);
  }
  for (const std::string& status : header.statuses) out.text(kStatus, status);
  out.number(kFrequency, std::bit_cast<uint64_t>(header.frequency_hz));
  out.number(kStart, header.start_ns);
  out.number(kStartUnix, header.start_unix_ns);
  out.text(kKernel, header.kernel);
  out.text(kHost, header.host);
  return out.take();
}

std::string encode_process(const Process& process) {
  FieldWriter out;
  out.number(kPid, process.pid);
  out.text(kProcessCommand, process.command);
  out.text(kRubyVersion, process.ruby_version);
  return out.take();
}

std::string encode_totals(const Totals& totals) {
  FieldWriter out;
  out.number(kDelivered, totals.delivered);
  out.number(kLost, totals.lost);
  out.number(kSkipped, totals.skipped);
  out.number(kEnd, totals.end_ns);
  for (const auto& [cause, count] : totals.by_cause) out.named(kCause, count, cause);
  return out.take();
}

std::optional<Header> decode_header(std::string_view bytes) {
  Header header;
  header.statuses.clear();
  uint64_t frequency = 0;
  bool is_whole = read_fields(bytes, [&](uint64_t field, std::string_view content) {
    ByteReader reader(content);
    switch (field) {
      case kCommandLine:
        header.command_line = content;
        return true;
      case kEvent: {
        auto unit = static_cast<Unit>(reader.number_below(4));
        header.events.push_back({std::string(reader.text()), unit});
        return reader.ok();
      }
      case kStatus:
        header.statuses.emplace_back(content);
        return true;
      case kFrequency:
        return read_number(content, frequency);
      case kStart:
        return read_number(content, header.start_ns);
      case kStartUnix:
        return read_number(content, header.start_unix_ns);
      case kKernel:
        header.kernel = content;
        return true;
      case kHost:
        header.host = content;
        return true;
      default:
        return true;
    }
  });
  header.frequency_hz = std::bit_cast<double>(frequency);
  if (!is_whole || header.events.empty()) return std::nullopt;
  if (!(header.frequency_hz >= 0 && header.frequency_hz < 1e9)) header.frequency_hz = 0;
  return header;
}

std::optional<Process> decode_process(std::string_view bytes) {
  Process process;
  bool is_whole = read_fields(bytes, [&](uint64_t field, std::string_view content) {
    uint64_t pid = 0;
    switch (field) {
      case kPid:
        if (!read_number(content, pid)) return false;
        process.pid = static_cast<uint32_t>(pid);
        return true;
      case kProcessCommand:
        process.command = content;
        return true;
      case kRubyVersion:
        process.ruby_version = content;
        return true;
      default:
        return true;
    }
  });
  if (!is_whole) return std::nullopt;
  return process;
}

std::optional<Totals> decode_totals(std::string_view bytes) {
  Totals totals;
  bool is_whole = read_fields(bytes, [&](uint64_t field, std::string_view content) {
    ByteReader reader(content);
    switch (field) {
      case kDelivered:
        return read_number(content, totals.delivered);
      case kLost:
        return read_number(content, totals.lost);
      case kSkipped:
        return read_number(content, totals.skipped);
      case kEnd:
        return read_number(content, totals.end_ns);
      case kCause: {
        uint64_t count = reader.number();
        totals.by_cause[std::string(reader.text())] = count;
        return reader.ok();
      }
      default:
        return true;
    }
  });
  if (!is_whole) return std::nullopt;
  return totals;
}

}  // namespace redbee::profiler
