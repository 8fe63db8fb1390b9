// `table`, the default: for each event the methods, lines and threads that it hit most.
#include <algorithm>
#include <array>
#include <map>

#include "profiler/profile/names.h"
#include "profiler/write/format.h"
#include "profiler/write/weight.h"
#include "src/base/text.h"
#include "view/histogram.h"
#include "view/table.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

using view::Align;
using view::Colour;

size_t shown_rows(const Report& report, size_t there_are) {
  return report.options.rows ? std::min(report.options.rows, there_are) : there_are;
}

void write_more(const Report& report, size_t there_are, Output& out) {
  size_t shown = shown_rows(report, there_are);
  if (shown < there_are) out.print("… and {} more; --rows 0 shows all\n", there_are - shown);
  out.text("\n");
}

void write_table(const Report& report, const view::Table& table, Output& out) {
  out.text(table.render({.width = report.options.width, .has_colour = report.options.has_colour}));
}

std::string heading(const Report& report, std::string_view text) {
  return view::coloured(text, Colour::bold, report.options.has_colour);
}

void write_methods(const Report& report, uint16_t event, Output& out) {
  const Recording& recording = report.recording();
  std::vector<SummaryRow> rows = summarize(report.profile, event, Detail::method);
  uint64_t whole = report.profile.totals[event].weight;
  Unit unit = report.profile.event(event).unit;
  view::Table table({{"self", Align::right, false, Colour::yellow},
                     {"self%", Align::right, false, Colour::yellow},
                     {"total", Align::right},
                     {"total%", Align::right},
                     {"method", Align::left, true, Colour::green},
                     {"kind", Align::left, false, Colour::dim},
                     {"file", Align::left, true, Colour::dim}});
  for (size_t i = 0; i < shown_rows(report, rows.size()); i++) {
    const FrameRow& frame = recording.frames[rows[i].frame];
    table.add({weight_text(rows[i].self, unit), view::percent(rows[i].self, whole),
               weight_text(rows[i].total, unit), view::percent(rows[i].total, whole),
               method_name(recording, frame), std::string(frame_kind_name(frame.kind)),
               frame.kind == FrameKind::cfunc ? "" : recording.text(frame.path)});
  }
  out.print("{}\n", heading(report, "By method"));
  write_table(report, table, out);
  write_more(report, rows.size(), out);
}

void write_lines(const Report& report, uint16_t event, Output& out) {
  const Recording& recording = report.recording();
  std::vector<SummaryRow> rows = summarize(report.profile, event, Detail::line);
  std::erase_if(rows, [&](const SummaryRow& row) { return recording.frames[row.frame].line <= 0; });
  if (rows.empty()) return;
  uint64_t whole = report.profile.totals[event].weight;
  view::Table table({{"self%", Align::right, false, Colour::yellow},
                     {"total%", Align::right},
                     {"line", Align::left, true, Colour::cyan},
                     {"method", Align::left, true, Colour::green}});
  for (size_t i = 0; i < shown_rows(report, rows.size()); i++) {
    const FrameRow& frame = recording.frames[rows[i].frame];
    table.add({view::percent(rows[i].self, whole), view::percent(rows[i].total, whole),
               place_of(recording, frame), method_name(recording, frame)});
  }
  out.print("{}\n", heading(report, "By line"));
  write_table(report, table, out);
  write_more(report, rows.size(), out);
}

// How a thread's samples lie in time: one character a slice.
std::string activity(const Profile& profile, uint16_t event, uint32_t thread) {
  constexpr size_t kSlices = 24;
  std::vector<uint64_t> slices(kSlices);
  uint64_t duration = profile.last_ns - profile.first_ns + 1;
  for (uint32_t i : profile.samples) {
    const SampleRow& sample = profile.recording->samples[i];
    if (sample.event != event || profile.thread_of_row[sample.thread] != thread) continue;
    auto share =
        static_cast<double>(sample.time_ns - profile.first_ns) / static_cast<double>(duration);
    slices[std::min(kSlices - 1, static_cast<size_t>(share * kSlices))] += sample.weight;
  }
  return view::sparkline(slices);
}

void write_threads(const Report& report, uint16_t event, Output& out) {
  const Profile& profile = report.profile;
  std::vector<ThreadSummaryRow> rows = summarize_threads(profile, event);
  view::Table table({{"weight", Align::right, false, Colour::yellow},
                     {"share", Align::right, false, Colour::yellow},
                     {"thread", Align::left, true, Colour::green},
                     {"pid", Align::right},
                     {"tid", Align::right},
                     {"over time", Align::left, false, Colour::cyan}});
  for (size_t i = 0; i < shown_rows(report, rows.size()); i++) {
    const ProfileThread& thread = profile.threads[rows[i].thread];
    table.add({weight_text(rows[i].weight, profile.event(event).unit),
               view::percent(rows[i].weight, profile.totals[event].weight),
               thread.name.empty() ? cat("thread ", thread.tid) : thread.name,
               std::to_string(thread.pid), std::to_string(thread.tid),
               activity(profile, event, rows[i].thread)});
  }
  out.print("{}\n", heading(report, "By thread"));
  write_table(report, table, out);
  write_more(report, rows.size(), out);
}

// Where the innermost frame was: Ruby, a C function, native code, the kernel, GC.
std::string kinds_line(const Report& report, uint16_t event) {
  const Recording& recording = report.recording();
  std::array<uint64_t, kFrameKinds> by_kind{};
  uint64_t without_stack = 0;
  for (const StackCount& count : report.profile.counts) {
    if (count.event != event) continue;
    if (count.stack == 0) {
      without_stack += count.weight;
    } else {
      by_kind[static_cast<size_t>(recording.frame(count.stack).kind)] += count.weight;
    }
  }
  uint64_t whole = report.profile.totals[event].weight;
  std::string out;
  for (int i = 0; i < kFrameKinds; i++) {
    uint64_t weight = by_kind[static_cast<size_t>(i)];
    if (!weight) continue;
    out += cat(out.empty() ? "" : ", ", frame_kind_name(static_cast<FrameKind>(i)), " ",
               view::percent(weight, whole));
  }
  if (without_stack)
    out += cat(out.empty() ? "" : ", ", "no stack ", view::percent(without_stack, whole));
  return out;
}

void write_statuses(const Report& report, uint16_t event, Output& out) {
  std::map<uint16_t, uint64_t> by_status;
  for (uint32_t i : report.profile.samples) {
    const SampleRow& sample = report.recording().samples[i];
    if (sample.event == event && sample.status) by_status[sample.status]++;
  }
  for (const auto& [status, count] : by_status) {
    out.print("{} not whole: {}\n", count == 1 ? "1 sample is" : cat(count, " samples are"),
              view::printable(report.recording().status_name(status)));
  }
}

void write_event(const Report& report, uint16_t event, Output& out) {
  const EventTotal& total = report.profile.totals[event];
  Unit unit = report.profile.event(event).unit;
  out.print("{}: {} sample{}", heading(report, view::printable(report.profile.event(event).name)),
            view::with_thousands(total.samples), total.samples == 1 ? "" : "s");
  bool counts_samples = unit == Unit::samples && total.weight == total.samples;
  if (!counts_samples) out.print(", {}", weight_text(total.weight, unit));
  double ns = ns_per_weight(report.recording(), event);
  if (unit == Unit::samples && ns > 0) {
    auto estimate = static_cast<uint64_t>(ns * static_cast<double>(total.weight));
    out.print(" at {:g} Hz, about {}", report.recording().header.frequency_hz,
              view::human_ns(estimate));
  }
  out.print("\ninnermost: {}\n", kinds_line(report, event));
  write_statuses(report, event, out);
  out.text("\n");
  write_methods(report, event, out);
  write_lines(report, event, out);
  write_threads(report, event, out);
}

}  // namespace

void write_summary(const Report& report, Output& out) {
  const Header& header = report.recording().header;
  for (const Process& process : header.processes) {
    out.print("pid {}: {} (Ruby {})\n", process.pid, view::printable(process.command),
              process.ruby_version.empty() ? "?" : view::printable(process.ruby_version));
  }
  uint64_t begin = report.profile.first_ns - std::min(header.start_ns, report.profile.first_ns);
  uint64_t end = report.profile.last_ns - std::min(header.start_ns, report.profile.last_ns);
  out.print("samples from {} to {}\n\n", view::human_ns(begin), view::human_ns(end));
  for (uint16_t event : report.profile.events()) write_event(report, event, out);
}

}  // namespace redbee::profiler
