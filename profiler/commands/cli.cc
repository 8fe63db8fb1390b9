#include "profiler/commands/cli.h"

#include <fmt/format.h>

#include "redbee/version.h"
#include "src/base/text.h"

namespace redbee::profiler {

std::optional<int> parse_arguments(CLI::App& app, int argc, char** argv, std::string_view help) {
  app.set_help_flag();
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; i++) {
    std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") return fmt::print("{}", help), 0;
    if (argument == "--version") {
      fmt::print("rbperf {} ({})\n", REDBEE_VERSION, REDBEE_COMMIT);
      return 0;
    }
  }
  // CLI11 reports by exceptions; they end here.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error.what());
  }
  return std::nullopt;
}

int report_error(const CLI::App& app, const Error& error) {
  fmt::print(stderr, "{}: {}\n", app.get_name(), error.message);
  for (const std::string& line : error.log) fmt::print(stderr, "  {}\n", line);
  return 1;
}

int usage_error(const CLI::App& app, std::string_view message) {
  fmt::print(stderr, "{}: {}\nsee: {} --help\n", app.get_name(), message, app.get_name());
  return 2;
}

std::string check_pid(const std::string& text) {
  const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (is_number && text.size() < 10 && std::stoi(text) > 0) return "";
  return cat(text, ": not the number of a process");
}

std::function<std::string(const std::string&)> check_range(int64_t low, int64_t high) {
  return [=](const std::string& text) -> std::string {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool is_in = end != text.c_str() && !*end && value >= double(low) && value <= double(high);
    return is_in ? "" : cat(text, ": expected a number from ", low, " to ", high);
  };
}

std::optional<uint64_t> parse_duration_ns(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() &&
         (isdigit(static_cast<unsigned char>(text[digits])) || text[digits] == '.'))
    digits++;
  std::string number(text.substr(0, digits));
  std::string_view unit = text.substr(digits);
  char* end = nullptr;
  double value = strtod(number.c_str(), &end);
  if (number.empty() || *end) return std::nullopt;
  double factor = unit == "ns"                  ? 1
                  : unit == "us"                ? 1e3
                  : unit == "ms"                ? 1e6
                  : unit == "s" || unit.empty() ? 1e9
                  : unit == "m"                 ? 60e9
                  : unit == "h"                 ? 3600e9
                                                : 0;
  if (factor == 0 || value * factor > 1e18) return std::nullopt;
  return static_cast<uint64_t>(value * factor);
}

void add_filter_options(CLI::App& app, FilterOptions& filter) {
  // One value each time, so that a file after it stays a file.
  app.add_option("--thread", filter.threads)->expected(1)->take_all();
  app.add_option("-p,--pid", filter.pids)->expected(1)->take_all();
  app.add_option("--event", filter.events)->expected(1)->take_all();
  app.add_option("--method", filter.methods)->expected(1)->take_all();
  app.add_option("--without", filter.without)->expected(1)->take_all();
}

void TimeRange::add_options(CLI::App& app) {
  app.add_option("--from", from);
  app.add_option("--to", to);
}

Status TimeRange::apply(FilterOptions& filter) const {
  auto parse = [](const char* option, const std::string& text,
                  std::optional<uint64_t>& out) -> Status {
    if (text.empty()) return {};
    out = parse_duration_ns(text);
    if (out) return {};
    return fail(Errc::invalid_argument,
                cat(option, " ", text, ": not a time; write 500ms, 10s or 5m"));
  };
  TRY(parse("--from", from, filter.from_ns));
  TRY(parse("--to", to, filter.to_ns));
  if (filter.from_ns && filter.to_ns && *filter.from_ns >= *filter.to_ns) {
    return fail(Errc::invalid_argument, cat("--from ", from, " --to ", to, ": the range is empty"));
  }
  return {};
}

}  // namespace redbee::profiler
