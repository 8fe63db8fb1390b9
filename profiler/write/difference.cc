#include "profiler/write/difference.h"

#include <cmath>

#include "profiler/profile/names.h"
#include "profiler/write/flame_data.h"
#include "profiler/write/folded.h"
#include "profiler/write/losses.h"
#include "profiler/write/weight.h"
#include "src/base/text.h"
#include "view/table.h"

namespace redbee::profiler {

namespace {

using view::Align;
using view::Colour;

std::string signed_points(double points) {
  return fmt::format("{:+.2f}", points == 0 ? 0.0 : points);
}

std::string both_weights(const Difference& difference, uint16_t event) {
  Unit unit = difference.both.event(event).unit;
  return cat(weight_text(difference.before.totals[event].weight, unit), " → ",
             weight_text(difference.after.totals[event].weight, unit));
}

view::Table rows_table(const Difference& difference,
                       uint16_t event,
                       std::span<const DifferenceRow> rows) {
  const Recording& recording = *difference.recording;
  uint64_t before = difference.before.totals[event].weight,
           after = difference.after.totals[event].weight;
  view::Table table({{"self ±", Align::right, false, Colour::yellow},
                     {"before", Align::right},
                     {"after", Align::right},
                     {"total ±", Align::right, false, Colour::yellow},
                     {"before", Align::right},
                     {"after", Align::right},
                     {"method", Align::left, true, Colour::green}});
  for (const DifferenceRow& row : rows) {
    table.add({signed_points(difference.self_change(event, row)),
               view::percent(row.self_before, before), view::percent(row.self_after, after),
               signed_points(difference.total_change(event, row)),
               view::percent(row.total_before, before), view::percent(row.total_after, after),
               method_name(recording, recording.frames[row.frame])});
  }
  return table;
}

}  // namespace

void write_difference_table(const Difference& difference,
                            const ReportOptions& options,
                            Output& out) {
  std::vector<DifferenceRow> rows = difference.rows(options.event, options.detail);
  size_t all = rows.size();
  std::erase_if(rows, [&](const DifferenceRow& row) {
    return std::abs(difference.self_change(options.event, row)) < 0.005 &&
           std::abs(difference.total_change(options.event, row)) < 0.005;
  });
  size_t changed = rows.size();
  if (options.rows && rows.size() > options.rows) rows.resize(options.rows);
  out.print("{}: {}\n{} of {} methods changed their share (± in percentage points)\n\n",
            view::printable(difference.both.event(options.event).name),
            both_weights(difference, options.event), changed, all);
  view::Table table = rows_table(difference, options.event, rows);
  out.text(table.render({.width = options.width, .has_colour = options.has_colour}));
  if (rows.size() < changed)
    out.print("… and {} more; --rows 0 shows all\n", changed - rows.size());
}

void write_difference_json(const Difference& difference,
                           const ReportOptions& options,
                           Output& out) {
  const Recording& recording = *difference.recording;
  out.text("{\"event\":");
  out.json(difference.both.event(options.event).name);
  out.print(",\"before\":{},\"after\":{},\n\"methods\":[",
            difference.before.totals[options.event].weight,
            difference.after.totals[options.event].weight);
  bool is_first = true;
  for (const DifferenceRow& row : difference.rows(options.event, options.detail)) {
    const FrameRow& frame = recording.frames[row.frame];
    out.text(is_first ? "\n{\"method\":" : ",\n{\"method\":");
    out.json(method_name(recording, frame));
    out.text(",\"kind\":");
    out.json(frame_kind_name(frame.kind));
    out.text(",\"path\":");
    out.json(frame.kind == FrameKind::cfunc ? "" : recording.text(frame.path));
    out.print(",\"self_before\":{},\"self_after\":{},\"total_before\":{},\"total_after\":{}}}",
              row.self_before, row.self_after, row.total_before, row.total_after);
    is_first = false;
  }
  out.print("],\n\"redbee\":{}}}\n", losses_object(difference.both));
}

void write_difference_folded(const Difference& difference,
                             const ReportOptions& options,
                             Output& out) {
  std::map<std::string, std::pair<uint64_t, uint64_t>> lines;
  for (const auto& [stack, weight] : fold(difference.before, options.event, options.detail))
    lines[stack].first = weight;
  for (const auto& [stack, weight] : fold(difference.after, options.event, options.detail))
    lines[stack].second = weight;
  for (const auto& [stack, weights] : lines)
    out.print("{} {} {}\n", stack, weights.first, weights.second);
}

void write_difference_html(const Difference& difference,
                           const ReportOptions& options,
                           Output& out) {
  view::FlameGraph graph =
      flame_difference(difference.both, difference.before, difference.after, options.name);
  view::write_flame_page(graph, [&](std::string_view text) { out.text(text); });
}

}  // namespace redbee::profiler
