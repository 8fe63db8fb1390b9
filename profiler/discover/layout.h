// Where things are inside one Ruby: a value for each field of layout_fields.def, with where it was
// learnt and what was checked.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "redbee/result.h"

namespace redbee::profiler {

// 3.1.2 is 0x030102.
struct RubyVersion {
  int number = 0;

  static std::optional<RubyVersion> parse(std::string_view text);
  int major() const { return number >> 16; }
  int minor() const { return number >> 8 & 0xff; }
  int teeny() const { return number & 0xff; }
  std::string text() const;
  auto operator<=>(const RubyVersion&) const = default;
};
constexpr RubyVersion ruby_version(int major, int minor, int teeny = 0) {
  return {major << 16 | minor << 8 | teeny};
}

#define RB_FIELD(name, label, structure, member) name,
enum class LayoutField : int {
#include "profiler/discover/layout_fields.def"
  count
};
#undef RB_FIELD

// Where a value was learnt, weakest last.
enum class FactSource { absent, given, debug_info, symbol, machine_code, calibrated, table, scan };
std::string_view fact_source_name(FactSource source);

struct LayoutValue {
  int64_t value = -1;
  FactSource source = FactSource::absent;
  std::string checked;  // what was compared with the live process; empty: nothing

  bool is_known() const { return source != FactSource::absent; }
};

class Layout {
 public:
  // The embedded table's values. An error when the version is older or newer than the table.
  static Result<Layout> of_version(RubyVersion version);
  // Whether the table has been made with this patch release or a later one of the same minor
  // version at hand. Beyond it the values are those of the newest known, checked on the process.
  static bool is_patch_level_known(RubyVersion version);

  int64_t operator[](LayoutField field) const { return values_[static_cast<int>(field)].value; }
  bool has(LayoutField field) const { return at(field).is_known(); }
  const LayoutValue& at(LayoutField field) const { return values_[static_cast<int>(field)]; }
  void set(LayoutField field, int64_t value, FactSource source);
  void note_check(LayoutField field, std::string what);
  RubyVersion version() const { return version_; }

 private:
  RubyVersion version_;
  std::array<LayoutValue, static_cast<int>(LayoutField::count)> values_;
};

std::string_view field_label(LayoutField field);
std::optional<LayoutField> find_field(std::string_view label);
// Where a field is looked for in debug information: structure and member ("a|b": either).
struct DebugPath {
  std::string_view structure, member;
};
DebugPath debug_path(LayoutField field);

// Overrides from a file of "field<TAB>value" lines, as `rbperf info --offsets` writes it.
Status apply_offsets_file(const std::string& path, Layout* layout);

}  // namespace redbee::profiler
