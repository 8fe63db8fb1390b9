// The output formats of `rbperf report`: a table, one file each.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/profile/profile.h"
#include "profiler/profile/summary.h"
#include "profiler/write/output.h"

namespace redbee::profiler {

struct ReportOptions {
  Detail detail = Detail::method;  // what one box or function is
  uint16_t event = 0;              // for the formats that carry one
  size_t rows = 20;                // of each table; 0: all
  double min_percent = 0.5;        // of the tree: branches below are summed up
  int width = 100;
  bool has_colour = false;
  std::string name = "rbperf.rbperf";         // what was read
  std::vector<std::string> source_roots{};    // where `source` looks for files
  std::vector<std::string> source_methods{};  // only lines of these, as --method
};

struct Report {
  const Profile& profile;
  ReportOptions options;

  const Recording& recording() const { return *profile.recording; }
};

struct Format {
  std::string_view name;
  std::string_view summary;
  bool is_binary;      // not for a terminal
  bool has_one_event;  // events of other kinds are left out, and the user told
  void (*write)(const Report&, Output&);
};

std::span<const Format> formats();
const Format* find_format(std::string_view name);  // nullptr when there is none

void write_summary(const Report& report, Output& out);
void write_tree(const Report& report, Output& out);
void write_source(const Report& report, Output& out);
void write_samples(const Report& report, Output& out);
void write_folded(const Report& report, Output& out);
void write_html(const Report& report, Output& out);
void write_pprof(const Report& report, Output& out);
void write_speedscope(const Report& report, Output& out);
void write_firefox(const Report& report, Output& out);
void write_callgrind(const Report& report, Output& out);
void write_cpuprofile(const Report& report, Output& out);
void write_json(const Report& report, Output& out);
void write_ndjson(const Report& report, Output& out);
void write_csv(const Report& report, Output& out);

}  // namespace redbee::profiler
