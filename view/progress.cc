#include "view/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "view/terminal.h"
#include "view/text.h"

namespace redbee::view {

namespace {

// A job that is done sooner needs no line.
constexpr std::chrono::milliseconds kFirst{400}, kPeriod{100};

}  // namespace

Progress::Progress(std::string what, uint64_t total)
    : what_(std::move(what)),
      total_(total),
      is_on_(is_terminal(STDERR_FILENO)),
      next_(std::chrono::steady_clock::now() + kFirst) {}

Progress::~Progress() {
  if (is_shown_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::update(uint64_t done) {
  if (!is_on_ || std::chrono::steady_clock::now() < next_) return;
  next_ = std::chrono::steady_clock::now() + kPeriod;
  is_shown_ = true;
  fmt::print(stderr, "\r{} {}\x1b[K", what_, percent(done, total_));
  fflush(stderr);
}

}  // namespace redbee::view
