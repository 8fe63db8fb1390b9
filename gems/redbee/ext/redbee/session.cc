#include "session.h"

#include "guard.h"
#include "image.h"
#include "layout.h"
#include "link.h"
#include "map.h"
#include "reader.h"
#include "redbee/link.h"
#include "text.h"
#include "usdt.h"

namespace redbee::ruby {
namespace {

VALUE session_class = Qnil;

struct Handle {
  std::shared_ptr<Session> session;
  VALUE layouts = Qnil;
};

void mark(void* data) { rb_gc_mark(static_cast<Handle*>(data)->layouts); }
void release(void* data) { delete static_cast<Handle*>(data); }

const rb_data_type_t session_type = {"Redbee::Session",
                                     {mark, release, nullptr, nullptr, {}},
                                     nullptr,
                                     nullptr,
                                     RUBY_TYPED_FREE_IMMEDIATELY};

Handle& handle_of(VALUE self) { return *static_cast<Handle*>(rb_check_typeddata(self, &session_type)); }
Object& object_of(VALUE self) { return open_object(*handle_of(self).session); }

VALUE wrap(Object&& object) {
  auto* handle = new Handle{std::make_shared<Session>(), Qnil};
  VALUE self = TypedData_Wrap_Struct(session_class, &session_type, handle);
  handle->session->object.emplace(std::move(object));
  handle->layouts = layouts_new(handle->session->object->facts().types);
  return self;
}

// Session.open(image, reuse): `reuse` maps names of maps to descriptors of maps that exist already.
VALUE s_open(VALUE, VALUE image, VALUE reuse) {
  Check_Type(reuse, T_HASH);
  const Image& compiled = image_of(image);
  VALUE pairs = rb_funcall(reuse, rb_intern("to_a"), 0);
  return guard([&]() -> Result<VALUE> {
    ObjectOptions options;
    protect([&] {
      for (long i = 0; i < RARRAY_LEN(pairs); ++i) {
        VALUE pair = rb_ary_entry(pairs, i);
        options.reuse_maps.emplace_back(string_of(rb_ary_entry(pair, 0)), NUM2INT(rb_ary_entry(pair, 1)));
      }
      return Qnil;
    });
    Object object = TRY(Object::open(compiled, options));
    return protect([&] { return wrap(std::move(object)); });
  });
}

VALUE close(VALUE self) {
  handle_of(self).session->close();
  return Qnil;
}

VALUE is_open(VALUE self) { return handle_of(self).session->object ? Qtrue : Qfalse; }

// -- maps and programs ----------------------------------------------------------------------------

// nil when there is no such map.
VALUE map(VALUE self, VALUE name) {
  Object& object = object_of(self);
  StringValue(name);
  return guard([&]() -> Result<VALUE> {
    Result<Map> found = object.map(string_of(name));
    if (!found && found.error().code == Errc::not_found) return Qnil;
    if (!found) return fail(found.error());
    return protect([&] { return map_new(handle_of(self).session, *found, handle_of(self).layouts); });
  });
}

// The class of the struct that programs send through a map; nil when the Image does not say.
VALUE event_type(VALUE self, VALUE name) {
  Object& object = object_of(self);
  StringValue(name);
  return guard([&]() -> Result<VALUE> {
    const EventFacts* event = object.facts().find_event(string_of(name));
    if (event == nullptr) return Qnil;
    return protect([&] { return ruby_type(handle_of(self).layouts, event->type); });
  });
}

// enum bpf_prog_type → ProgramKind. Those that are attached by BTF id differ by section and target.
ProgramKind kind_of(int program_type) {
  switch (program_type) {
    case 1: return ProgramKind::socket_filter;
    case 2: return ProgramKind::kprobe;
    case 3: return ProgramKind::sched_cls;
    case 4: return ProgramKind::sched_act;
    case 5: return ProgramKind::tracepoint;
    case 6: return ProgramKind::xdp;
    case 7: return ProgramKind::perf_event;
    case 8: return ProgramKind::cgroup_skb;
    case 9: return ProgramKind::cgroup_sock;
    case 13: return ProgramKind::sock_ops;
    case 14: return ProgramKind::sk_skb;
    case 15: return ProgramKind::cgroup_device;
    case 16: return ProgramKind::sk_msg;
    case 17: return ProgramKind::raw_tracepoint;
    case 18: return ProgramKind::cgroup_sock_addr;
    case 25: return ProgramKind::cgroup_sockopt;
    case 29: return ProgramKind::lsm;
    default: return ProgramKind::automatic;
  }
}

// load(name, program_type, with_log) → [fd, verifier log]
VALUE load(VALUE self, VALUE name, VALUE type, VALUE with_log) {
  Object& object = object_of(self);
  StringValue(name);
  ProgramKind kind = kind_of(NUM2INT(type));
  return guard([&]() -> Result<VALUE> {
    LoadOptions options{.kind = kind, .target = {}, .log = RTEST(with_log)};
    Program program = TRY(object.load(string_of(name), options));
    return protect([&] { return rb_assoc_new(INT2NUM(program.fd()), utf8(program.log())); });
  });
}

// -- attaching ------------------------------------------------------------------------------------

// `attach` runs with the Object and the program's name.
template <typename Attach>
VALUE attached(VALUE self, VALUE program, Attach&& attach) {
  Object& object = object_of(self);
  StringValue(program);
  return guard([&]() -> Result<VALUE> {
    Link link = TRY(attach(object, string_of(program)));
    return protect([&] { return link_new(std::move(link)); });
  });
}

// attach_kprobe(program, symbol, offset, is_return, max_active)
VALUE kprobe(VALUE self, VALUE program, VALUE symbol, VALUE offset, VALUE is_return, VALUE max_active) {
  StringValue(symbol);
  uint64_t bytes = NUM2ULL(offset);
  uint32_t active = NUM2UINT(max_active);
  return attached(self, program, [&](Object& object, const std::string& name) {
    return attach_kprobe_best(object, name, {.symbol = string_of(symbol), .offset = bytes,
                                             .is_return = RTEST(is_return), .max_active = active});
  });
}

// attach_uprobe(program, path, symbol, address, pid, is_return)
VALUE uprobe(VALUE self, VALUE program, VALUE path, VALUE symbol, VALUE address, VALUE pid, VALUE is_return) {
  StringValue(path);
  if (symbol != Qnil) StringValue(symbol);
  uint64_t at = address == Qnil ? 0 : NUM2ULL(address);
  int process = NUM2INT(pid);
  return attached(self, program, [&](Object& object, const std::string& name) {
    return attach_uprobe(object, name, {.path = string_of(path), .symbol = string_of(symbol), .address = at,
                                        .pid = process, .is_return = RTEST(is_return)});
  });
}

VALUE tracepoint(VALUE self, VALUE program, VALUE category, VALUE event) {
  StringValue(category);
  StringValue(event);
  return attached(self, program, [&](Object& object, const std::string& name) {
    return attach_tracepoint(object, name, {.category = string_of(category), .name = string_of(event)});
  });
}

VALUE raw_tracepoint(VALUE self, VALUE program, VALUE event) {
  StringValue(event);
  return attached(self, program, [&](Object& object, const std::string& name) {
    return attach_raw_tracepoint(object, name, {.name = string_of(event)});
  });
}

// attach_tracing(program, kind, target): programs attached by BTF id.
VALUE tracing(VALUE self, VALUE program, VALUE kind, VALUE target) {
  Check_Type(kind, T_SYMBOL);
  if (target != Qnil) StringValue(target);
  using Attach = Result<Link> (*)(Object&, std::string_view, const TracingOptions&);
  Attach attach = kind == symbol("fentry")     ? attach_fentry
                  : kind == symbol("fexit")    ? attach_fexit
                  : kind == symbol("fmod_ret") ? attach_fmod_ret
                  : kind == symbol("lsm")      ? attach_lsm
                                               : attach_tp_btf;
  return attached(self, program, [&](Object& object, const std::string& name) {
    return attach(object, name, TracingOptions{.target = string_of(target)});
  });
}

VALUE iter(VALUE self, VALUE program, VALUE target) {
  if (target != Qnil) StringValue(target);
  return attached(self, program, [&](Object& object, const std::string& name) {
    return attach_iter(object, name, {.target = string_of(target)});
  });
}

// attach_usdt(program, probes, name, pid)
VALUE usdt(VALUE self, VALUE program, VALUE probes, VALUE name, VALUE pid) {
  const UsdtProbe& probe = usdt_probe_of(probes, name);
  int process = pid == Qnil ? -1 : NUM2INT(pid);
  return attached(self, program, [&](Object& object, const std::string& function) {
    return attach_usdt(object, function, probe, {.pid = process});
  });
}

// attach_perf_event(program, type, config, period, frequency, pid, cpu)
VALUE perf_event(int argc, VALUE* argv, VALUE self) {
  rb_check_arity(argc, 7, 7);
  PerfEventOptions options{.type = NUM2UINT(argv[1]), .config = NUM2ULL(argv[2]), .period = NUM2ULL(argv[3]),
                           .frequency_hz = NUM2ULL(argv[4]), .pid = NUM2INT(argv[5]), .cpu = NUM2INT(argv[6])};
  return attached(self, argv[0], [&](Object& object, const std::string& name) {
    return attach_perf_event(object, name, options);
  });
}

VALUE socket_filter(VALUE self, VALUE program, VALUE interface) {
  if (interface != Qnil) StringValue(interface);
  return attached(self, program, [&](Object& object, const std::string& name) {
    return attach_socket_filter(object, name, {.interface = string_of(interface)});
  });
}

VALUE xdp(VALUE self, VALUE program, VALUE interface, VALUE flags) {
  StringValue(interface);
  uint32_t bits = NUM2UINT(flags);
  return attached(self, program, [&](Object& object, const std::string& name) {
    return attach_xdp(object, name, {.interface = string_of(interface), .flags = bits});
  });
}

// attach_tc(program, interface, is_egress, priority, handle)
VALUE tc(VALUE self, VALUE program, VALUE interface, VALUE is_egress, VALUE priority, VALUE handle) {
  StringValue(interface);
  uint32_t rank = NUM2UINT(priority), number = NUM2UINT(handle);
  return attached(self, program, [&](Object& object, const std::string& name) {
    return attach_tc(object, name, {.interface = string_of(interface), .is_egress = RTEST(is_egress),
                                    .priority = rank, .handle = number});
  });
}

// attach_cgroup(program, path, attach_type): -1 is the type of the program's section.
VALUE cgroup(VALUE self, VALUE program, VALUE path, VALUE type) {
  StringValue(path);
  int attach_type = NUM2INT(type);
  return attached(self, program, [&](Object& object, const std::string& name) {
    return attach_cgroup(object, name, {.path = string_of(path), .attach_type = attach_type});
  });
}

void define_attachments() {
  rb_define_method(session_class, "attach_kprobe", kprobe, 5);
  rb_define_method(session_class, "attach_uprobe", uprobe, 6);
  rb_define_method(session_class, "attach_tracepoint", tracepoint, 3);
  rb_define_method(session_class, "attach_raw_tracepoint", raw_tracepoint, 2);
  rb_define_method(session_class, "attach_tracing", tracing, 3);
  rb_define_method(session_class, "attach_iter", iter, 2);
  rb_define_method(session_class, "attach_usdt", usdt, 4);
  rb_define_method(session_class, "attach_perf_event", perf_event, -1);
  rb_define_method(session_class, "attach_socket_filter", socket_filter, 2);
  rb_define_method(session_class, "attach_xdp", xdp, 3);
  rb_define_method(session_class, "attach_tc", tc, 5);
  rb_define_method(session_class, "attach_cgroup", cgroup, 3);
}

}  // namespace

void Session::close() {
  std::vector<Reader*> open = std::move(readers);
  readers.clear();
  for (Reader* reader : open) reader->close_buffers();
  object.reset();
}

Object& open_object(Session& session) {
  if (!session.object) rb_raise(rb_eRuntimeError, "this program was cleaned up; its maps and probes are gone");
  return *session.object;
}

std::shared_ptr<Session> session_of(VALUE object) { return handle_of(object).session; }

void session_init(VALUE redbee) {
  session_class = rb_define_class_under(redbee, "Session", rb_cObject);
  rb_gc_register_mark_object(session_class);
  rb_undef_alloc_func(session_class);
  rb_define_singleton_method(session_class, "open", s_open, 2);
  rb_define_method(session_class, "close", close, 0);
  rb_define_method(session_class, "open?", is_open, 0);
  rb_define_method(session_class, "map", map, 1);
  rb_define_method(session_class, "event_type", event_type, 1);
  rb_define_method(session_class, "load", load, 3);
  define_attachments();
}

}  // namespace redbee::ruby
