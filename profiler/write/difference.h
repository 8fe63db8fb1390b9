// What `rbperf diff` writes.
#pragma once

#include <string>

#include "profiler/profile/difference.h"
#include "profiler/write/format.h"

namespace redbee::profiler {

void write_difference_table(const Difference& difference,
                            const ReportOptions& options,
                            Output& out);
void write_difference_json(const Difference& difference, const ReportOptions& options, Output& out);
// "stack before after", as difffolded.pl writes.
void write_difference_folded(const Difference& difference,
                             const ReportOptions& options,
                             Output& out);
void write_difference_html(const Difference& difference, const ReportOptions& options, Output& out);

}  // namespace redbee::profiler
