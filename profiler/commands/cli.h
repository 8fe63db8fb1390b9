// What the subcommands share: parsing with the project's exit codes, messages, common options.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "profiler/profile/filter.h"
#include "redbee/result.h"

namespace redbee::profiler {

// Parses; the exit status when the command is thereby over: 0 after --help (prints `help`) and
// --version, 2 after wrong usage.
std::optional<int> parse_arguments(CLI::App& app, int argc, char** argv, std::string_view help);

// "rbperf report: message", with the error's log below it; returns 1.
int report_error(const CLI::App& app, const Error& error);
// Wrong usage that only the command can see; returns 2.
int usage_error(const CLI::App& app, std::string_view message);

// For CLI11's check(): "" or what is wrong with the text, in words that are not a type's name.
std::string check_pid(const std::string& text);
std::function<std::string(const std::string&)> check_range(int64_t low, int64_t high);

// 500ms, 10s, 5m, 1h; a number alone is seconds.
std::optional<uint64_t> parse_duration_ns(std::string_view text);

// --thread, --pid, --event, --method, --without.
void add_filter_options(CLI::App& app, FilterOptions& filter);
// --from and --to, checked after parsing.
struct TimeRange {
  std::string from, to;
  void add_options(CLI::App& app);
  Status apply(FilterOptions& filter) const;
};

}  // namespace redbee::profiler
