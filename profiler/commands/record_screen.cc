#include "profiler/commands/record_screen.h"

#include <fmt/format.h>
#include <unistd.h>

#include "src/base/text.h"
#include "view/terminal.h"

namespace redbee::profiler {
namespace {

constexpr uint64_t kProgressNs = 500'000'000;

std::string counted(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string alarm(uint64_t count, std::string_view what, view::Colour colour, bool has_colour) {
  return view::coloured(fmt::format("{} {}", count, what), colour, has_colour && count);
}

}  // namespace

std::string progress_line(uint64_t elapsed_ns, const RecordingProgress& progress, bool has_colour) {
  return fmt::format("{:.1f} s  {}  {}  {}  {}", static_cast<double>(elapsed_ns) / 1e9,
                     counted(progress.samples, "sample"), counted(progress.threads, "thread"),
                     alarm(progress.lost, "lost", view::Colour::red, has_colour),
                     alarm(progress.truncated, "truncated", view::Colour::yellow, has_colour));
}

RecordScreen::RecordScreen(const RecordOptions& options)
    : options_(options), is_terminal_(view::is_terminal(STDERR_FILENO)), has_colour_(view::has_colour(STDERR_FILENO)) {}

void RecordScreen::clear_progress() {
  if (is_progress_shown_) fmt::print(stderr, "\r\033[K");
  is_progress_shown_ = false;
}

void RecordScreen::say(std::string_view line) {
  if (options_.is_quiet) return;
  clear_progress();
  fmt::print(stderr, "rbperf: {}\n", line);
}

void RecordScreen::say_attached() {
  if (options_.is_verbose || !is_terminal_) say("attached");
}

void RecordScreen::say_remarks(RecordingSession& session) {
  for (const std::string& remark : session.take_remarks())
    if (options_.is_verbose || remark.find("failed") != remark.npos || remark.find("does not run Ruby") != remark.npos)
      say(remark);
}

void RecordScreen::show_progress(const RecordingSession& session, uint64_t elapsed_ns) {
  if (options_.is_quiet || !is_terminal_ || elapsed_ns - shown_at_ns_ < kProgressNs) return;
  shown_at_ns_ = elapsed_ns;
  is_progress_shown_ = true;
  fmt::print(stderr, "\r{}\033[K", progress_line(elapsed_ns, session.progress(), has_colour_));
  fflush(stderr);
}

void RecordScreen::say_end(const RecordingSession& session, const std::string& command_end, uint64_t kernel_ns) {
  const uint64_t samples = session.progress().samples;
  if (options_.is_verbose && samples)
    say(fmt::format("cost: {:.1f} µs a sample in the kernel, {:.3f} ms in all",
                    static_cast<double>(kernel_ns) / 1e3 / static_cast<double>(samples), static_cast<double>(kernel_ns) / 1e6));
  if (!command_end.empty()) say(cat("the command ended with ", command_end));
  say(cat(counted(samples, "sample"), " in ", options_.output, "; see: rbperf report ", options_.output));
  for (const std::string& line : session.losses()) say(line);
}

}  // namespace redbee::profiler
