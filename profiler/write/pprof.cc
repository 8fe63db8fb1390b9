// `pprof`: google/pprof's profile.proto, gzipped. One pair of values (samples, weight) an event;
// threads, fibers and Ractors are labels; every line is a location.
#include <algorithm>
#include <map>
#include <protozero/pbf_writer.hpp>

#include "profiler/profile/names.h"
#include "profiler/recording/intern_table.h"
#include "profiler/write/format.h"
#include "profiler/write/gzip.h"
#include "profiler/write/losses.h"
#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

// Field numbers of profile.proto.
namespace profile_field {
enum : protozero::pbf_tag_type {
  sample_type = 1,
  sample = 2,
  mapping = 3,
  location = 4,
  function = 5,
  string_table = 6,
  time_nanos = 9,
  duration_nanos = 10,
  period_type = 11,
  period = 12,
  comment = 13,
  default_sample_type = 14
};
}
namespace value_type_field {
enum : protozero::pbf_tag_type { type = 1, unit = 2 };
}
namespace sample_field {
enum : protozero::pbf_tag_type { location_id = 1, value = 2, label = 3 };
}
namespace label_field {
enum : protozero::pbf_tag_type { key = 1, str = 2, num = 3 };
}
namespace mapping_field {
enum : protozero::pbf_tag_type {
  id = 1,
  filename = 5,
  has_functions = 7,
  has_filenames = 8,
  has_line_numbers = 9,
  has_inline_frames = 10
};
}
namespace location_field {
enum : protozero::pbf_tag_type { id = 1, mapping_id = 2, line = 4 };
}
namespace line_field {
enum : protozero::pbf_tag_type { function_id = 1, line = 2 };
}
namespace function_field {
enum : protozero::pbf_tag_type { id = 1, name = 2, system_name = 3, filename = 4 };
}

class PprofWriter {
 public:
  explicit PprofWriter(const Report& report)
      : report_(report),
        recording_(report.recording()),
        profile_(report.profile),
        events_(profile_.events()) {
    strings_.intern(std::string_view());  // pprof's string 0 is ""
  }

  std::string encode() {
    add_value_types();
    add_samples();
    add_times();
    add_comments();
    // Strings last: everything above interns some.
    for (const std::string& text : string_order_)
      pbf_.add_string(profile_field::string_table, text);
    return std::move(bytes_);
  }

 private:
  int64_t string(std::string_view bytes) {
    std::string text = view::utf8(bytes);
    Interned interned = strings_.intern(std::string_view(text));
    if (interned.is_new) string_order_.push_back(std::move(text));
    return interned.id;
  }

  void add_value_type(protozero::pbf_tag_type field, std::string_view type, std::string_view unit) {
    protozero::pbf_writer value_type(pbf_, field);
    value_type.add_int64(value_type_field::type, string(type));
    value_type.add_int64(value_type_field::unit, string(unit));
  }

  // CPU samples are given as times, as pprof's own CPU profiles are.
  bool is_time(uint16_t event) const { return ns_per_weight(recording_, event) > 0; }
  std::string_view unit_of(uint16_t event) const {
    if (is_time(event)) return "nanoseconds";
    return profile_.event(event).unit == Unit::bytes ? "bytes" : "count";
  }

  void add_value_types() {
    for (uint16_t event : events_) {
      const std::string& name = profile_.event(event).name;
      std::string samples = events_.size() == 1 ? "samples" : cat(name, "_samples");
      add_value_type(profile_field::sample_type, samples, "count");
      add_value_type(profile_field::sample_type, name, unit_of(event));
    }
    pbf_.add_int64(profile_field::default_sample_type, string(profile_.event(events_[0]).name));
  }

  // The same stack on the same thread, fiber and Ractor is one pprof sample.
  void add_samples() {
    std::map<std::pair<uint32_t, StackId>, std::vector<int64_t>> values;
    for (uint32_t i : profile_.samples) {
      const SampleRow& sample = recording_.samples[i];
      std::vector<int64_t>& sums = values[{sample.thread, sample.stack}];
      sums.resize(2 * events_.size());
      auto at = std::find(events_.begin(), events_.end(), sample.event) - events_.begin();
      double ns = ns_per_weight(recording_, sample.event);
      double factor = ns > 0 ? ns : 1;
      sums[static_cast<size_t>(2 * at)]++;
      sums[static_cast<size_t>(2 * at + 1)] +=
          static_cast<int64_t>(factor * static_cast<double>(sample.weight));
    }
    std::vector<uint64_t> locations;
    for (const auto& [key, sums] : values) {
      locations.clear();
      for (StackId s = key.second; s; s = recording_.stacks[s].caller) {
        locations.push_back(location_of(recording_.stacks[s].frame));
      }
      protozero::pbf_writer sample(pbf_, profile_field::sample);
      sample.add_packed_uint64(sample_field::location_id, locations.begin(), locations.end());
      sample.add_packed_int64(sample_field::value, sums.begin(), sums.end());
      add_labels(sample, recording_.threads[key.first]);
    }
  }

  void add_labels(protozero::pbf_writer& sample, const ThreadRow& thread) {
    add_text_label(sample, "thread", thread_name(recording_, thread));
    add_number_label(sample, "thread_id", thread.tid);
    add_number_label(sample, "process_id", thread.pid);
    if (thread.fiber) add_number_label(sample, "fiber", thread.fiber);
    if (thread.ractor) add_number_label(sample, "ractor", thread.ractor);
  }

  void add_text_label(protozero::pbf_writer& sample, std::string_view key, std::string_view value) {
    protozero::pbf_writer label(sample, sample_field::label);
    label.add_int64(label_field::key, string(key));
    label.add_int64(label_field::str, string(value));
  }

  void add_number_label(protozero::pbf_writer& sample, std::string_view key, uint64_t value) {
    protozero::pbf_writer label(sample, sample_field::label);
    label.add_int64(label_field::key, string(key));
    label.add_int64(label_field::num, static_cast<int64_t>(value));
  }

  // Locations, functions and mappings are written when first needed; ids begin at 1. Nested
  // messages may not be open meanwhile, so callers ask for ids first.
  uint64_t location_of(FrameId frame) {
    auto [at, is_new] = locations_.try_emplace(frame, locations_.size() + 1);
    if (!is_new) return at->second;
    const FrameRow& row = recording_.frames[frame];
    uint64_t function = function_of(row);
    uint64_t mapping = mapping_of(row);
    protozero::pbf_writer location(pbf_, profile_field::location);
    location.add_uint64(location_field::id, at->second);
    location.add_uint64(location_field::mapping_id, mapping);
    protozero::pbf_writer line(location, location_field::line);
    line.add_uint64(line_field::function_id, function);
    line.add_int64(line_field::line, std::max(row.line, 0));
    return at->second;
  }

  uint64_t function_of(const FrameRow& row) {
    StringId path = row.kind == FrameKind::cfunc ? 0 : row.path;
    auto key = std::tuple(row.kind, row.method, row.label, path);
    auto [at, is_new] = functions_.try_emplace(key, functions_.size() + 1);
    if (!is_new) return at->second;
    int64_t name = string(method_name(recording_, row));
    int64_t label = string(recording_.text(row.label));
    int64_t file = string(recording_.text(path));
    protozero::pbf_writer function(pbf_, profile_field::function);
    function.add_uint64(function_field::id, at->second);
    function.add_int64(function_field::name, name);
    function.add_int64(function_field::system_name, label);
    function.add_int64(function_field::filename, file);
    return at->second;
  }

  uint64_t mapping_of(const FrameRow& row) {
    std::string_view name = row.kind == FrameKind::kernel ? "[kernel.kallsyms]" : "[ruby]";
    if (row.kind == FrameKind::native && row.path) name = recording_.text(row.path);
    auto [at, is_new] = mappings_.try_emplace(std::string(name), mappings_.size() + 1);
    if (!is_new) return at->second;
    int64_t file = string(name);
    protozero::pbf_writer mapping(pbf_, profile_field::mapping);
    mapping.add_uint64(mapping_field::id, at->second);
    mapping.add_int64(mapping_field::filename, file);
    // Nothing is left for pprof to symbolize.
    mapping.add_bool(mapping_field::has_functions, true);
    mapping.add_bool(mapping_field::has_filenames, true);
    mapping.add_bool(mapping_field::has_line_numbers, true);
    mapping.add_bool(mapping_field::has_inline_frames, true);
    return at->second;
  }

  void add_times() {
    const Header& header = recording_.header;
    uint64_t offset = profile_.first_ns - header.start_ns;
    pbf_.add_int64(profile_field::time_nanos, static_cast<int64_t>(header.start_unix_ns + offset));
    pbf_.add_int64(profile_field::duration_nanos,
                   static_cast<int64_t>(profile_.last_ns - profile_.first_ns));
    if (header.frequency_hz <= 0) return;
    add_value_type(profile_field::period_type, profile_.event(events_[0]).name, "nanoseconds");
    pbf_.add_int64(profile_field::period, static_cast<int64_t>(1e9 / header.frequency_hz));
  }

  void add_comments() {
    int64_t comments[] = {string(losses_json(profile_)), string(recording_.header.command_line)};
    for (int64_t comment : comments) pbf_.add_int64(profile_field::comment, comment);
  }

  const Report& report_;
  const Recording& recording_;
  const Profile& profile_;
  std::vector<uint16_t> events_;
  std::string bytes_;
  protozero::pbf_writer pbf_{bytes_};
  TextTable strings_;
  std::vector<std::string> string_order_ = {""};
  std::map<FrameId, uint64_t> locations_;
  std::map<std::tuple<FrameKind, StringId, StringId, StringId>, uint64_t> functions_;
  std::map<std::string, uint64_t> mappings_;
};

}  // namespace

void write_pprof(const Report& report, Output& out) {
  out.text(gzip(PprofWriter(report).encode()));
}

}  // namespace redbee::profiler
