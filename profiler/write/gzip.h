// gzip, as pprof files are.
#pragma once

#include <string>
#include <string_view>

namespace redbee::profiler {

std::string gzip(std::string_view bytes);

}  // namespace redbee::profiler
