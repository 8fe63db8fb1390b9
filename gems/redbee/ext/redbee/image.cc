#include "image.h"

#include <algorithm>

#include "guard.h"
#include "redbee/compile.h"
#include "text.h"
#include "typed.h"
#include "usdt.h"
#include "without_gvl.h"

namespace redbee::ruby {
namespace {

VALUE image_class = Qnil;
using Images = Typed<Image>;

// `usdt` lists [UsdtProbes, "provider:name", function].
void add_usdt(Source& source, VALUE usdt) {
  for (long i = 0; i < RARRAY_LEN(usdt); ++i) {
    VALUE entry = rb_ary_entry(usdt, i);
    const UsdtProbe& probe = usdt_probe_of(rb_ary_entry(entry, 0), rb_ary_entry(entry, 1));
    UsdtBinding binding = bind_usdt(probe, string_of(rb_ary_entry(entry, 2)));
    bool is_known = std::find(source.usdt.begin(), source.usdt.end(), binding) != source.usdt.end();
    if (!is_known) source.usdt.push_back(std::move(binding));
  }
}

VALUE fill(Source& source, VALUE text, VALUE name, VALUE cflags, VALUE usdt) {
  source.text = string_of(text);
  source.name = string_of(name);
  for (long i = 0; i < RARRAY_LEN(cflags); ++i) {
    VALUE flag = rb_ary_entry(cflags, i);
    if (flag != Qnil) source.cflags.push_back(string_of(flag));
  }
  add_usdt(source, usdt);
  return Qnil;
}

// Image.compile(text, name, cflags, usdt, compiler): an empty `compiler` is looked for.
VALUE s_compile(VALUE, VALUE text, VALUE name, VALUE cflags, VALUE usdt, VALUE compiler) {
  Check_Type(cflags, T_ARRAY);
  Check_Type(usdt, T_ARRAY);
  StringValue(compiler);
  return guard([&]() -> Result<VALUE> {
    Source source;
    protect([&] { return fill(source, text, name, cflags, usdt); });
    CompileOptions options{.compiler = string_of(compiler)};
    Image image = TRY(without_gvl([&] { return compile(source, options); }));
    return protect([&] { return Images::wrap(image_class, std::move(image)); });
  });
}

// Image.describe(text, name, cflags, usdt, compiler, "--disasm") → what the compiler says about it.
VALUE s_describe(VALUE, VALUE text, VALUE name, VALUE cflags, VALUE usdt, VALUE compiler, VALUE flag) {
  StringValue(compiler);
  Check_Type(cflags, T_ARRAY);
  Check_Type(usdt, T_ARRAY);
  StringValue(flag);
  return guard([&]() -> Result<VALUE> {
    Source source;
    protect([&] { return fill(source, text, name, cflags, usdt); });
    CompileOptions options{.compiler = string_of(compiler)};
    std::string wanted = string_of(flag);
    std::string said = TRY(without_gvl([&] { return describe(source, wanted, options); }));
    return protect([&] { return utf8(said); });
  });
}

// Image.parse(bytes): one that was written before.
VALUE s_parse(VALUE, VALUE bytes) {
  StringValue(bytes);
  return guard([&]() -> Result<VALUE> {
    Image image = TRY(Image::parse(string_of(bytes)));
    return protect([&] { return Images::wrap(image_class, std::move(image)); });
  });
}

VALUE map_hash(const MapFacts& map) {
  VALUE hash = rb_hash_new();
  rb_hash_aset(hash, symbol("name"), utf8(map.name));
  rb_hash_aset(hash, symbol("table"), utf8(map.table));
  rb_hash_aset(hash, symbol("type"), UINT2NUM(map.type));
  rb_hash_aset(hash, symbol("max_entries"), UINT2NUM(map.max_entries));
  rb_hash_aset(hash, symbol("flags"), UINT2NUM(map.flags));
  rb_hash_aset(hash, symbol("linkage"), utf8(map.linkage));
  rb_hash_aset(hash, symbol("pinned"), utf8(map.pinned));
  return hash;
}

VALUE maps(VALUE self) {
  VALUE all = rb_ary_new();
  for (const MapFacts& map : Images::of(self).facts().maps) rb_ary_push(all, map_hash(map));
  return all;
}

VALUE program_hash(const ProgramFacts& program) {
  VALUE hash = rb_hash_new();
  rb_hash_aset(hash, symbol("name"), utf8(program.name));
  rb_hash_aset(hash, symbol("kind"), utf8(program.kind));
  rb_hash_aset(hash, symbol("target"), utf8(program.target));
  rb_hash_aset(hash, symbol("line"), INT2NUM(program.line));
  return hash;
}

VALUE programs(VALUE self) {
  VALUE all = rb_ary_new();
  for (const ProgramFacts& program : Images::of(self).facts().programs) rb_ary_push(all, program_hash(program));
  return all;
}

VALUE facts_json(VALUE self) {
  return guard([&]() -> Result<VALUE> {
    std::string json = write_facts(Images::of(self).facts());
    return protect([&] { return utf8(json); });
  });
}

VALUE bytes(VALUE self) {
  const std::string& all = Images::of(self).bytes();
  return rb_str_new(all.data(), static_cast<long>(all.size()));
}

}  // namespace

const Image& image_of(VALUE object) { return Images::of(object); }

void image_init(VALUE redbee) {
  image_class = rb_define_class_under(redbee, "Image", rb_cObject);
  rb_gc_register_mark_object(image_class);
  rb_undef_alloc_func(image_class);
  rb_define_singleton_method(image_class, "compile", s_compile, 5);
  rb_define_singleton_method(image_class, "describe", s_describe, 6);
  rb_define_singleton_method(image_class, "parse", s_parse, 1);
  rb_define_method(image_class, "maps", maps, 0);
  rb_define_method(image_class, "programs", programs, 0);
  rb_define_method(image_class, "facts_json", facts_json, 0);
  rb_define_method(image_class, "bytes", bytes, 0);
}

}  // namespace redbee::ruby
