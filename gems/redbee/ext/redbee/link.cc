#include "link.h"

#include <optional>

#include "guard.h"
#include "text.h"
#include "typed.h"

namespace redbee::ruby {
namespace {

VALUE link_class = Qnil;
using Links = Typed<std::optional<Link>>;

Link& attached(VALUE self) {
  std::optional<Link>& link = Links::of(self);
  if (!link) rb_raise(rb_eRuntimeError, "this attachment was detached");
  return *link;
}

VALUE method(VALUE self) { return utf8(attached(self).method()); }
VALUE target(VALUE self) { return utf8(attached(self).target()); }
VALUE fd(VALUE self) { return INT2NUM(attached(self).fd()); }
VALUE size(VALUE self) { return SIZET2NUM(attached(self).size()); }

VALUE missed(VALUE self) {
  Link& link = attached(self);
  return guard([&]() -> Result<VALUE> {
    uint64_t count = TRY(link.missed());
    return protect([&] { return ULL2NUM(count); });
  });
}

VALUE sweep(VALUE) {
  return guard([]() -> Result<VALUE> {
    size_t count = TRY(sweep_dead_attachments());
    return protect([&] { return SIZET2NUM(count); });
  });
}

VALUE detach(VALUE self) {
  std::optional<Link>& link = Links::of(self);
  if (!link) return Qfalse;
  return guard([&]() -> Result<VALUE> {
    std::optional<Link> leaving;
    leaving.swap(link);
    TRY(leaving->detach());
    return Qtrue;
  });
}

VALUE pin(VALUE self, VALUE path) {
  Link& link = attached(self);
  StringValue(path);
  return guard([&]() -> Result<VALUE> {
    TRY(link.pin(string_of(path)));
    return path;
  });
}

VALUE read(VALUE self) {
  Link& link = attached(self);
  return guard([&]() -> Result<VALUE> {
    std::string text = TRY(read_iter(link));
    return protect([&] { return rb_str_new(text.data(), static_cast<long>(text.size())); });
  });
}

}  // namespace

VALUE link_new(Link&& link) { return Links::wrap(link_class, std::optional<Link>(std::move(link))); }

void link_init(VALUE redbee) {
  link_class = rb_define_class_under(redbee, "Link", rb_cObject);
  rb_gc_register_mark_object(link_class);
  rb_undef_alloc_func(link_class);
  rb_define_method(link_class, "attached_by", method, 0);
  rb_define_method(link_class, "target", target, 0);
  rb_define_method(link_class, "fd", fd, 0);
  rb_define_method(link_class, "size", size, 0);
  rb_define_method(link_class, "missed", missed, 0);
  rb_define_method(link_class, "detach", detach, 0);
  rb_define_method(link_class, "pin", pin, 1);
  rb_define_method(link_class, "read", read, 0);
  rb_define_module_function(redbee, "sweep_dead_attachments", sweep, 0);
}

}  // namespace redbee::ruby
