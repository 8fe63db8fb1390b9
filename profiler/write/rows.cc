// `json`, `ndjson` and `csv`: the tables for machines, never cut.
#include "profiler/profile/names.h"
#include "profiler/write/format.h"
#include "profiler/write/losses.h"
#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

void write_frame_row(const Recording& recording,
                     const SummaryRow& row,
                     bool has_line,
                     Output& out) {
  const FrameRow& frame = recording.frames[row.frame];
  out.text("\"method\":");
  out.json(method_name(recording, frame));
  out.text(",\"kind\":");
  out.json(frame_kind_name(frame.kind));
  out.text(",\"path\":");
  bool has_file = has_line || frame.kind != FrameKind::cfunc;
  out.json(has_file ? recording.text(frame.path) : "");
  if (has_line) out.print(",\"line\":{}", frame.line);
  out.print(",\"self\":{},\"total\":{}", row.self, row.total);
}

void write_frame_rows(const Report& report, uint16_t event, Detail detail, Output& out) {
  bool is_first = true;
  for (const SummaryRow& row : summarize(report.profile, event, detail)) {
    out.text(is_first ? "\n{" : ",\n{");
    write_frame_row(report.recording(), row, detail == Detail::line, out);
    out.text("}");
    is_first = false;
  }
}

void write_thread_rows(const Report& report, uint16_t event, Output& out) {
  bool is_first = true;
  for (const ThreadSummaryRow& row : summarize_threads(report.profile, event)) {
    const ProfileThread& thread = report.profile.threads[row.thread];
    out.text(is_first ? "\n{\"thread\":" : ",\n{\"thread\":");
    out.json(thread.name);
    out.print(",\"pid\":{},\"tid\":{},\"weight\":{},\"samples\":{}}}", thread.pid, thread.tid,
              row.weight, row.samples);
    is_first = false;
  }
}

void write_event_object(const Report& report, uint16_t index, Output& out) {
  const Event& event = report.profile.event(index);
  const EventTotal& total = report.profile.totals[index];
  out.text("{\"event\":");
  out.json(event.name);
  out.text(",\"unit\":");
  out.json(unit_name(event.unit));
  out.print(",\"samples\":{},\"weight\":{},\n\"methods\":[", total.samples, total.weight);
  write_frame_rows(report, index, Detail::method, out);
  out.text("],\n\"lines\":[");
  write_frame_rows(report, index, Detail::line, out);
  out.text("],\n\"threads\":[");
  write_thread_rows(report, index, out);
  out.text("]}");
}

std::string csv_field(std::string_view text) {
  std::string plain = view::utf8(text);
  if (plain.find_first_of(",\"\r\n") == std::string::npos) return plain;
  std::string out = "\"";
  for (char c : plain) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

void write_json(const Report& report, Output& out) {
  const Header& header = report.recording().header;
  out.text("{\"command\":");
  out.json(header.command_line);
  out.print(
      ",\"start_unix_ns\":{},\"frequency_hz\":{:g},\"first_ns\":{},\"last_ns\":{},\n\"events\":[",
      header.start_unix_ns, header.frequency_hz, report.profile.first_ns, report.profile.last_ns);
  bool is_first = true;
  for (uint16_t event : report.profile.events()) {
    out.text(is_first ? "\n" : ",\n");
    write_event_object(report, event, out);
    is_first = false;
  }
  out.print("],\n\"redbee\":{}}}\n", losses_object(report.profile));
}

void write_ndjson(const Report& report, Output& out) {
  for (uint16_t event : report.profile.events()) {
    for (const SummaryRow& row : summarize(report.profile, event, report.options.detail)) {
      out.text("{\"event\":");
      out.json(report.profile.event(event).name);
      out.text(",");
      write_frame_row(report.recording(), row, report.options.detail == Detail::line, out);
      out.text("}\n");
    }
  }
  out.text(losses_json(report.profile) + "\n");
}

void write_csv(const Report& report, Output& out) {
  bool has_line = report.options.detail == Detail::line;
  out.print("event,kind,method,path,{}self,total\n", has_line ? "line," : "");
  const Recording& recording = report.recording();
  for (uint16_t event : report.profile.events()) {
    for (const SummaryRow& row : summarize(report.profile, event, report.options.detail)) {
      const FrameRow& frame = recording.frames[row.frame];
      bool has_file = has_line || frame.kind != FrameKind::cfunc;
      out.print("{},{},{},{},", csv_field(report.profile.event(event).name),
                frame_kind_name(frame.kind), csv_field(method_name(recording, frame)),
                has_file ? csv_field(recording.text(frame.path)) : "");
      if (has_line) out.print("{},", frame.line);
      out.print("{},{}\n", row.self, row.total);
    }
  }
}

}  // namespace redbee::profiler
