#include "profiler/discover/layout.h"

#include "src/base/file.h"
#include "src/base/text.h"

namespace redbee::profiler {
namespace {

struct TableRow {
  std::string_view field;
  int from;
  int64_t value;  // -1: the field is not there
};

constexpr TableRow kRows[] = {
#include "profiler/ruby_layouts.inc"
};

struct FieldName {
  std::string_view label, structure, member;
};

#define RB_FIELD(name, label, structure, member) {label, structure, member},
constexpr FieldName kFields[] = {
#include "profiler/discover/layout_fields.def"
};
#undef RB_FIELD

constexpr RubyVersion kOldest = ruby_version(2, 6);

RubyVersion newest_minor() {
  RubyVersion newest;
  for (const TableRow& row : kRows)
    if (row.field == "newest") newest = std::max(newest, RubyVersion{row.from});
  return newest;
}

std::string minor_text(RubyVersion version) { return cat(version.major(), ".", version.minor()); }

}  // namespace

std::optional<RubyVersion> RubyVersion::parse(std::string_view text) {
  const auto pieces = split(text, '.');
  if (pieces.size() < 3) return std::nullopt;
  int number = 0;
  for (int i = 0; i < 3; ++i) {
    const std::optional<uint64_t> piece = parse_u64(pieces[i]);
    if (!piece || *piece > 255) return std::nullopt;
    number = number << 8 | static_cast<int>(*piece);
  }
  return RubyVersion{number};
}

std::string RubyVersion::text() const { return cat(major(), ".", minor(), ".", teeny()); }

std::string_view fact_source_name(FactSource source) {
  switch (source) {
    case FactSource::absent: return "absent";
    case FactSource::given: return "given";
    case FactSource::debug_info: return "debug info";
    case FactSource::symbol: return "symbol";
    case FactSource::machine_code: return "machine code";
    case FactSource::calibrated: return "calibrated";
    case FactSource::table: return "table";
    case FactSource::scan: return "data scan";
  }
  return "";
}

Result<Layout> Layout::of_version(RubyVersion version) {
  const RubyVersion newest = newest_minor();
  if (version < kOldest)
    return fail(Errc::not_supported,
                cat("Ruby ", version.text(), " is older than ", minor_text(kOldest),
                    ", the oldest whose stacks rbperf can read"));
  if (version.number >> 8 > newest.number >> 8)
    return fail(Errc::not_supported,
                cat("Ruby ", version.text(), " is newer than ", minor_text(newest),
                    ", the newest whose memory layout this rbperf knows; use a newer rbperf"));
  Layout layout;
  layout.version_ = version;
  for (const TableRow& row : kRows) {
    const std::optional<LayoutField> field = find_field(row.field);
    if (!field || row.from > version.number) continue;
    layout.set(*field, row.value, row.value < 0 ? FactSource::absent : FactSource::table);
  }
  return layout;
}

bool Layout::is_patch_level_known(RubyVersion version) {
  for (const TableRow& row : kRows)
    if (row.field == "newest" && row.from >> 8 == version.number >> 8)
      return version.teeny() <= row.value;
  return false;
}

void Layout::set(LayoutField field, int64_t value, FactSource source) {
  values_[static_cast<int>(field)] = {value, source, {}};
}

void Layout::note_check(LayoutField field, std::string what) {
  values_[static_cast<int>(field)].checked = std::move(what);
}

std::string_view field_label(LayoutField field) { return kFields[static_cast<int>(field)].label; }

std::optional<LayoutField> find_field(std::string_view label) {
  for (int i = 0; i < static_cast<int>(LayoutField::count); ++i)
    if (kFields[i].label == label) return static_cast<LayoutField>(i);
  return std::nullopt;
}

DebugPath debug_path(LayoutField field) {
  const FieldName& name = kFields[static_cast<int>(field)];
  return {name.structure, name.member};
}

Status apply_offsets_file(const std::string& path, Layout* layout) {
  const std::string text = TRY(read_file(path));
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const size_t gap = line.find_first_of(" \t");
    const std::string_view label = line.substr(0, gap);
    const std::optional<LayoutField> field = find_field(label);
    if (!field)
      return fail(Errc::invalid_argument,
                  cat(path, ":", number, ": there is no field ", label,
                      "; rbperf info --pid PID lists them"));
    const std::optional<uint64_t> value =
        gap == line.npos ? std::nullopt : parse_u64(trim(line.substr(gap)));
    if (!value || *value > 1 << 20)
      return fail(Errc::invalid_argument, cat(path, ":", number, ": ", label, " needs a number"));
    layout->set(*field, static_cast<int64_t>(*value), FactSource::given);
  }
  return {};
}

}  // namespace redbee::profiler
