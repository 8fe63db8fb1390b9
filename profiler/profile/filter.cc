#include "profiler/profile/filter.h"

#include <algorithm>
#include <set>

#include "profiler/profile/name_pattern.h"
#include "profiler/profile/names.h"
#include "src/base/text.h"
#include "view/text.h"

namespace redbee::profiler {

namespace {

// "main, worker 1 and 3 more"
std::string listed(const std::set<std::string>& names) {
  constexpr size_t kShown = 8;
  std::string out;
  size_t count = 0;
  for (const std::string& name : names) {
    if (count == kShown) return out + cat(" and ", names.size() - kShown, " more");
    out += cat(count++ ? ", " : "", view::printable(name));
  }
  return out;
}

tl::unexpected<Error> no_match(std::string_view option,
                               std::string_view value,
                               const std::set<std::string>& there_are) {
  return fail(Errc::not_found,
              cat("nothing matches ", option, " ", view::printable(value),
                  "; the recording has: ", there_are.empty() ? "nothing" : listed(there_are)));
}

bool is_thread(const Recording& recording, const ThreadRow& row, const std::string& wanted) {
  if (parse_u64(wanted) == uint64_t{row.tid}) return true;
  return !wanted.empty() && recording.text(row.name).find(wanted) != std::string::npos;
}

Status keep_threads(const Recording& recording,
                    const std::vector<std::string>& wanted,
                    std::vector<bool>& keep) {
  if (wanted.empty()) return {};
  std::vector<bool> found(recording.threads.size());
  for (const std::string& name : wanted) {
    bool is_any = false;
    std::set<std::string> there_are;
    for (size_t i = 0; i < recording.threads.size(); i++) {
      const ThreadRow& row = recording.threads[i];
      if (row.tid) there_are.insert(cat(recording.text(row.name), " (", row.tid, ")"));
      if (!is_thread(recording, row, name)) continue;
      found[i] = is_any = true;
    }
    if (!is_any) return no_match("--thread", name, there_are);
  }
  for (size_t i = 0; i < keep.size(); i++) keep[i] = keep[i] && found[i];
  return {};
}

Status keep_pids(const Recording& recording,
                 const std::vector<uint32_t>& wanted,
                 std::vector<bool>& keep) {
  if (wanted.empty()) return {};
  std::set<std::string> there_are;
  for (const ThreadRow& row : recording.threads) {
    if (row.pid) there_are.insert(std::to_string(row.pid));
  }
  for (uint32_t pid : wanted) {
    if (!there_are.count(std::to_string(pid)))
      return no_match("--pid", std::to_string(pid), there_are);
  }
  for (size_t i = 0; i < keep.size(); i++) {
    bool is_wanted = std::count(wanted.begin(), wanted.end(), recording.threads[i].pid) > 0;
    keep[i] = keep[i] && is_wanted;
  }
  return {};
}

Status keep_events(const Recording& recording,
                   const std::vector<std::string>& wanted,
                   std::vector<bool>& keep) {
  if (wanted.empty()) return {};
  std::set<std::string> there_are;
  for (const Event& event : recording.header.events) there_are.insert(event.name);
  for (const std::string& name : wanted) {
    if (!there_are.count(name)) return no_match("--event", name, there_are);
  }
  for (size_t i = 0; i < keep.size(); i++) {
    keep[i] = std::count(wanted.begin(), wanted.end(), recording.header.events[i].name) > 0;
  }
  return {};
}

// has[s]: a frame of stack s matches. Callers come before their callees in the table, so one pass
// over it is enough.
std::vector<bool> stacks_with(const Recording& recording, const NamePattern& pattern) {
  std::vector<bool> frame_has(recording.frames.size()), has(recording.stacks.size());
  for (size_t i = 0; i < recording.frames.size(); i++) {
    frame_has[i] = pattern.matches(method_name(recording, recording.frames[i]));
  }
  for (size_t i = 1; i < recording.stacks.size(); i++) {
    const StackRow& row = recording.stacks[i];
    has[i] = has[row.caller] || frame_has[row.frame];
  }
  return has;
}

Status keep_stacks(const Recording& recording,
                   const FilterOptions& options,
                   std::vector<bool>& keep) {
  std::vector<bool> found(keep.size(), options.methods.empty());
  for (const std::string& text : options.methods) {
    NamePattern pattern = TRY(NamePattern::parse(text));
    std::vector<bool> has = stacks_with(recording, pattern);
    if (std::count(has.begin(), has.end(), true) == 0) {
      return fail(Errc::not_found, cat("nothing matches --method ", view::printable(text),
                                       "; see the recording's "
                                       "methods with: rbperf report --format csv FILE"));
    }
    for (size_t i = 0; i < found.size(); i++) found[i] = found[i] || has[i];
  }
  for (const std::string& text : options.without) {
    NamePattern pattern = TRY(NamePattern::parse(text));
    std::vector<bool> has = stacks_with(recording, pattern);
    for (size_t i = 0; i < found.size(); i++) found[i] = found[i] && !has[i];
  }
  keep = std::move(found);
  return {};
}

}  // namespace

Result<SampleFilter> SampleFilter::create(const Recording& recording,
                                          const FilterOptions& options) {
  SampleFilter filter;
  filter.has_thread_.assign(recording.threads.size(), true);
  filter.has_event_.assign(recording.header.events.size(), true);
  filter.has_stack_.assign(recording.stacks.size(), true);
  TRY(keep_threads(recording, options.threads, filter.has_thread_));
  TRY(keep_pids(recording, options.pids, filter.has_thread_));
  TRY(keep_events(recording, options.events, filter.has_event_));
  TRY(keep_stacks(recording, options, filter.has_stack_));
  if (options.from_ns) filter.from_ns_ = recording.header.start_ns + *options.from_ns;
  if (options.to_ns) filter.to_ns_ = recording.header.start_ns + *options.to_ns;
  return filter;
}

}  // namespace redbee::profiler
