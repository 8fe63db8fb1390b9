#include "profiler/sample/event_spec.h"

#include "src/base/text.h"

namespace redbee::profiler {
namespace {

std::string_view expected_form(EventKind kind) {
  if (kind == EventKind::tracepoint) return "CATEGORY:EVENT, as in syscalls:sys_enter_openat";
  if (kind == EventKind::usdt) return "PROVIDER:NAME, as in ruby:gc__mark__begin";
  return "LIBRARY:FUNCTION, as in ruby:rb_exc_raise";
}

}  // namespace

std::string EventSpec::name() const {
  switch (kind) {
    case EventKind::cpu: return "cpu";
    case EventKind::wall: return "wall";
    case EventKind::tracepoint: return cat("tracepoint:", first, ":", second);
    case EventKind::uprobe: return cat("uprobe:", first, ":", second);
    case EventKind::usdt: return cat("usdt:", first, ":", second);
    case EventKind::syscalls: return "syscall";
  }
  return "";
}

Result<EventSpec> parse_pair(EventKind kind, std::string_view text) {
  // The last colon: a library may be given by a path.
  const size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0 || colon + 1 == text.size())
    return fail(Errc::invalid_argument, cat(text, ": expected ", expected_form(kind)));
  return EventSpec{.kind = kind,
                   .first = std::string(text.substr(0, colon)),
                   .second = std::string(text.substr(colon + 1))};
}

}  // namespace redbee::profiler
