#include "redbee/link.h"
#include "src/attach/link_state.h"
#include "src/attach/perf_event_fd.h"
#include "src/base/text.h"
#include "src/kernel/tracefs.h"

namespace redbee {

Result<Link> attach_tracepoint(Object& object, std::string_view program, const TracepointOptions& options) {
  std::string target = cat(options.category, ":", options.name);
  auto id = tracepoint_id(options.category, options.name);
  if (!id) return fail(std::move(id).error().with_context(cat("attach tracepoint ", target)));
  Program loaded = TRY(object.load(program, {.kind = ProgramKind::tracepoint}));

  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = *id;
  attributes.sample_period = 1;
  UniqueFd event;
  int error = open_perf_event(attributes, -1, 0, -1, event);
  if (error) return attach_error("tracepoint", target, error);
  Attachment place;
  error = attach_to_perf_event(std::move(event), loaded.fd(), options.cookie, place);
  if (error == EACCES) {
    return fail(Error{Errc::invalid_argument,
                      cat("attach tracepoint ", target, ": the program reads beyond the event's fields: was it compiled "
                          "for another kernel or event?"),
                      error,
                      {}});
  }
  if (error) return attach_error("tracepoint", target, error);
  auto state = new_link("tracepoint", std::move(target));
  state->places.push_back(std::move(place));
  return Link(std::move(state));
}

}  // namespace redbee
