// What bpf_trace_printk accepts in a format, checked before the kernel refuses it at run time.
#pragma once

#include <string>
#include <string_view>

namespace redbee::cc {

// A sentence about the first thing wrong with the format, empty when nothing is.
std::string printk_format_problem(std::string_view format, unsigned values);

}  // namespace redbee::cc
