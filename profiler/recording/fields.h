// The content of the header, process and totals blocks: fields of (number, counted bytes), in any
// order; a reader passes over numbers it does not know, so fields may be added without a new
// version of the format.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "profiler/recording/recording.h"

namespace redbee::profiler {

std::string encode_header(const Header& header);  // without the processes: they have own blocks
std::string encode_process(const Process& process);
std::string encode_totals(const Totals& totals);

// Nothing when the bytes are not what the functions above write.
std::optional<Header> decode_header(std::string_view bytes);
std::optional<Process> decode_process(std::string_view bytes);
std::optional<Totals> decode_totals(std::string_view bytes);

}  // namespace redbee::profiler
