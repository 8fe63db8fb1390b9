#include "usdt.h"

#include "guard.h"
#include "text.h"
#include "typed.h"

namespace redbee::ruby {
namespace {

VALUE probes_class = Qnil;
using Probes = Typed<std::vector<UsdtProbe>>;

// UsdtProbes.read(path, pid); nil for what is not known.
VALUE read(VALUE, VALUE path, VALUE pid) {
  if (path != Qnil) StringValue(path);
  int process = pid == Qnil ? -1 : NUM2INT(pid);
  return guard([&]() -> Result<VALUE> {
    std::vector<UsdtProbe> probes = TRY(read_usdt_probes({.path = string_of(path), .pid = process}));
    return protect([&] { return Probes::wrap(probes_class, std::move(probes)); });
  });
}

VALUE location_hash(const UsdtLocation& location) {
  VALUE arguments = rb_ary_new();
  for (const std::string& argument : location.arguments) rb_ary_push(arguments, utf8(argument));
  VALUE hash = rb_hash_new();
  rb_hash_aset(hash, symbol("address"), ULL2NUM(location.address));
  rb_hash_aset(hash, symbol("arguments"), arguments);
  return hash;
}

VALUE probe_hash(const UsdtProbe& probe) {
  VALUE locations = rb_ary_new();
  for (const UsdtLocation& location : probe.locations) rb_ary_push(locations, location_hash(location));
  VALUE hash = rb_hash_new();
  rb_hash_aset(hash, symbol("provider"), utf8(probe.provider));
  rb_hash_aset(hash, symbol("name"), utf8(probe.name));
  rb_hash_aset(hash, symbol("path"), utf8(probe.display_path));
  rb_hash_aset(hash, symbol("openable_path"), utf8(probe.path));
  rb_hash_aset(hash, symbol("semaphore"), ULL2NUM(probe.semaphore_address));
  rb_hash_aset(hash, symbol("locations"), locations);
  return hash;
}

VALUE to_a(VALUE self) {
  VALUE all = rb_ary_new();
  for (const UsdtProbe& probe : Probes::of(self)) rb_ary_push(all, probe_hash(probe));
  return all;
}

// find("provider:name") → the Hash of to_a, or nil.
VALUE find(VALUE self, VALUE name) {
  const UsdtProbe* probe = find_usdt_probe(Probes::of(self), StringValueCStr(name));
  return probe == nullptr ? Qnil : probe_hash(*probe);
}

}  // namespace

const std::vector<UsdtProbe>& usdt_probes_of(VALUE object) { return Probes::of(object); }

const UsdtProbe& usdt_probe_of(VALUE probes, VALUE name) {
  const UsdtProbe* probe = find_usdt_probe(Probes::of(probes), StringValueCStr(name));
  if (probe == nullptr) {
    rb_raise(rb_path2class("Redbee::NotFound"), "no USDT probe %" PRIsVALUE, name);
  }
  return *probe;
}

void usdt_init(VALUE redbee) {
  probes_class = rb_define_class_under(redbee, "UsdtProbes", rb_cObject);
  rb_gc_register_mark_object(probes_class);
  rb_undef_alloc_func(probes_class);
  rb_define_singleton_method(probes_class, "read", read, 2);
  rb_define_method(probes_class, "to_a", to_a, 0);
  rb_define_method(probes_class, "find", find, 1);
}

}  // namespace redbee::ruby
