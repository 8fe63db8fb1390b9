#include "profiler/sample/ruby_search.h"

#include <algorithm>

#include "src/base/clock.h"

namespace redbee::profiler {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kFirstDelay = 5 * kMillisecond;    // a Ruby needs 30-60 ms to start
constexpr uint64_t kSetUp = 1'000 * kMillisecond;
constexpr uint64_t kLongDelay = 100 * kMillisecond;   // … or seconds, on a busy machine
constexpr uint64_t kPatience = 5'000 * kMillisecond;
constexpr uint64_t kLastDelay = 2'000 * kMillisecond;  // most likely there is none
constexpr uint64_t kGiveUp = 60'000 * kMillisecond;

}  // namespace

void RubySearch::start(uint32_t kernel_pid, pid_t pid, uint64_t now_ns) {
  searches_[kernel_pid] = {.pid = pid, .since_ns = now_ns, .next_ns = now_ns + kFirstDelay, .delay_ns = kFirstDelay};
}

int RubySearch::until_next_ms(uint64_t now_ns, int timeout_ms) const {
  for (const auto& [kernel_pid, search] : searches_) {
    const uint64_t wait_ns = search.next_ns > now_ns ? search.next_ns - now_ns : 0;
    timeout_ms = static_cast<int>(std::min<uint64_t>(static_cast<uint64_t>(timeout_ms), wait_ns / kMillisecond + 1));
  }
  return timeout_ms;
}

// The files are looked at first: to list all threads costs much more, and most children run no Ruby.
Result<RubyProcess> RubySearch::look_into(const Search& search, std::vector<rb_task>* tasks) {
  RubyBinary binary = TRY(find_ruby_binary(search.pid, &files_without_ruby_));
  if (tasks->empty()) *tasks = TRY(lister_.list());
  return RubyProcess::inspect(search.pid, std::move(binary), threads_of(*tasks, search.pid), inspect_);
}

bool RubySearch::goes_on(Search* search, const Result<RubyProcess>& ruby, uint64_t now_ns) {
  if (ruby && ruby->is_complete()) return false;
  const uint64_t age_ns = now_ns - search->since_ns;
  // An interpreter that is half set up looks like one that is not supported.
  const bool is_hopeless = !ruby && (ruby.error().code == Errc::not_permitted ||
                                     (ruby.error().code == Errc::not_supported && age_ns > kSetUp));
  if (is_hopeless) return false;
  search->delay_ns = std::min(search->delay_ns * 5 / 4, age_ns < kPatience ? kLongDelay : kLastDelay);
  search->next_ns = now_ns + search->delay_ns;
  return age_ns < kGiveUp;
}

std::vector<RubySearch::Finding> RubySearch::look(uint64_t now_ns) {
  std::vector<Finding> findings;
  std::vector<rb_task> tasks;
  for (auto it = searches_.begin(); it != searches_.end();) {
    auto& [kernel_pid, search] = *it;
    if (search.next_ns > now_ns) {
      ++it;
      continue;
    }
    const uint64_t looked_ns = monotonic_ns();
    Result<RubyProcess> ruby = look_into(search, &tasks);
    const bool is_on = goes_on(&search, ruby, now_ns);
    const bool is_news = ruby ? !search.is_told || ruby->is_complete() : !is_on;
    search.is_told |= ruby.has_value();
    if (is_news) findings.push_back({kernel_pid, looked_ns, std::move(ruby)});
    it = is_on ? std::next(it) : searches_.erase(it);
  }
  return findings;
}

}  // namespace redbee::profiler
