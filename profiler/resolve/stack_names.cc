#include "profiler/resolve/stack_names.h"

#include <algorithm>

namespace redbee::profiler {
namespace {

constexpr size_t kMaxIds = 1 << 17;

bool is_clause(const FrameName& name) {
  return name.iseq_type == static_cast<int>(IseqType::rescue) ||
         name.iseq_type == static_cast<int>(IseqType::ensure);
}

bool borrows_place(const FrameName& name, RubyVersion version) {
  return name.is_c || (version >= ruby_version(4, 0) && name.path.starts_with("<internal:"));
}

Frame make_frame(const FrameName& name, const FrameName* place) {
  Frame frame;
  frame.kind = name.is_c ? FrameKind::cfunc : FrameKind::ruby;
  frame.method = name.is_known ? name.method : "(unknown)";
  frame.label = name.is_known ? name.label : "(unknown)";
  frame.base_label = name.base_label == name.label ? "" : name.base_label;
  if (place) {
    frame.path = place->path;
    frame.line = place->line;
  }
  return frame;
}

}  // namespace

bool StackNames::append(FrameNames& names, std::span<const rb_frame> raw, uint32_t gc_epoch,
                        bool are_checked, std::vector<FrameId>* out) {
  const RubyVersion version = names.layout().version();
  std::vector<FrameNamePtr> stack;
  stack.reserve(raw.size());
  for (const rb_frame& frame : raw) stack.push_back(names.name(frame, gc_epoch, are_checked));
  if (ids_.size() > kMaxIds) ids_.clear();
  bool are_known = true;
  std::vector<FrameId> outermost_first;
  const FrameName* place = nullptr;
  // Outermost first, so that the caller's place is known when a C function needs it.
  for (size_t i = stack.size(); i-- > 0;) {
    const FrameName& name = *stack[i];
    const bool is_shown = !(version >= ruby_version(3, 4) && i > 0 && !name.is_c && is_clause(*stack[i - 1]));
    if (!is_shown) continue;
    are_known &= name.is_known && name.has_class;
    if (!borrows_place(name, version)) place = &name;
    const Key key{name.serial, place ? place->serial : 0};
    const auto [found, is_new] = ids_.try_emplace(key, 0);
    if (is_new) found->second = intern_(make_frame(name, place));
    outermost_first.push_back(found->second);
  }
  out->insert(out->end(), outermost_first.rbegin(), outermost_first.rend());
  return are_known;
}

}  // namespace redbee::profiler
